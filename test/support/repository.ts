/** The root folder of the repository, as a URL that ends in a slash. */
export const repositoryRoot = new URL("../../", import.meta.url);
