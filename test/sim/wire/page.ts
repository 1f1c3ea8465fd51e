/** A page of HTML: all there is of the user interface. */
export const PAGE =
  "<!DOCTYPE html>\n<html><head><title>pve - Proxmox Virtual Environment</title></head>" +
  "<body></body></html>\n";
