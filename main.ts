/** The command line of `felhom-agent`. */
export {};
