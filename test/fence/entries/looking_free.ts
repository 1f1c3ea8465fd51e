/** The same look around without any fence: shows that what is denied inside could be done. */
import { lookAround } from "./attempts.ts";

await lookAround("free");
Deno.exit(0);
