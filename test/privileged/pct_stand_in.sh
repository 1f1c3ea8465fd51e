#!/bin/sh
# Stands in for Proxmox's pct in tests: keeps its arguments, knows `config` and `create`, and behaves
# as /run/pct/mode says. Configurations are files in /run/pct.
folder=/run/pct
mode=$(cat $folder/mode 2>/dev/null)
{ printf '%s\n' "$@"; echo; } >> $folder/calls
command=$1
vmid=$2
file=$folder/$vmid.conf

case $command in
config)
  if [ -e "$file" ]; then cat "$file"; exit 0; fi
  echo "Configuration file 'nodes/pve/lxc/$vmid.conf' does not exist" >&2
  exit 2
  ;;
create)
  case $mode in
  taken) echo "VM $vmid already exists on node 'other'" >&2; exit 255 ;;
  full) echo "unable to create CT $vmid - lvcreate error: insufficient free space" >&2; exit 255 ;;
  stuck)
    trap '' TERM HUP INT
    echo "lock: create" > "$file"
    i=0
    while [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
    ;;
  esac
  shift 3
  while [ $# -gt 0 ]; do
    key=${1#--}
    value=$2
    shift 2
    case $key in
    rootfs) value="${value%%:*}:vm-$vmid-disk-0,size=${value#*:}G" ;;
    unprivileged) [ "$mode" = liar ] && continue ;;
    start) continue ;;
    esac
    echo "$key: $value"
  done > "$file"
  ;;
*) exit 255 ;;
esac
