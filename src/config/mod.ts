/** The configuration: one file, the environment, a token and a certificate, read once. */
export type { Config, SignersFile, Trust } from "./config.ts";
export type { Endpoint } from "./endpoint.ts";
export type { GoldenImage } from "./golden_image.ts";
export type { StorageRatio } from "./overcommit.ts";
export type { ApiToken } from "./token.ts";
export { loadConfig, type LoadedSettings, loadSettings } from "./load.ts";
export { ConfigError, type Problem } from "./problem.ts";
export { DEFAULT_CONFIG_PATH, PLACES } from "./places.ts";
export { Secret } from "./secret.ts";
export { type ConfigSources, systemSources } from "./sources.ts";
