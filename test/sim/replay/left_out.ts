/** Captures that are not replayed here, each with the reason. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "err-403-create-user": "POST /access/users: the product makes no users.",
  "get-api-root": "GET /: the product does not walk the tree.",
  "get-network-bridges": "GET /nodes/{node}/network: the product does not use it.",
  "privsep-token-with-more-than-user.nodes-config": "GET /nodes/{node}/config: not used.",
  "privsep-token-with-more-than-user.syslog": "GET /nodes/{node}/syslog: not used.",
  "paging.download": "A task's log as a gzip file: the product reads it as JSON.",

  "err-api2-root": "Refused before the API: the wire's.",
  "err-no-format": "Refused before the API: the wire's.",
  "err-delete-with-body": "Refused before the API: the wire's.",
  "pmxcfs-down-lxc": "The cluster file system is down: the wire's.",
  "pmxcfs-down-start": "The cluster file system is down: the wire's.",
  "pmxcfs-down-version": "The cluster file system is down: the wire's.",
  "pmxcfs-down-version-2": "The cluster file system is down: the wire's.",
  "pvedaemon-down-put": "pvedaemon is down: the wire's.",
};

/** Sequences and raw bytes: the wire's, unless a scenario replays what the API makes of them. */
export const OF_THE_WIRE = /^http-|^workers-all-blocked$/;
