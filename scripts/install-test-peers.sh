#!/bin/sh
# Installs what the tests compare with and look through, from the distribution's packages:
# Prometheus (with promtool and blackbox_exporter), Alertmanager (with amtool), Redis, ping and Chromium. Does nothing when all are there.
set -eu

missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need promtool prometheus
need prometheus prometheus
need amtool prometheus-alertmanager
need prometheus-alertmanager prometheus-alertmanager
need chromium chromium
need redis-server redis-server
need prometheus-blackbox-exporter prometheus-blackbox-exporter
need ping iputils-ping
[ -z "$missing" ] && exit 0

echo "installing what the tests need:$missing" >&2
if ! command -v apt-get >/dev/null 2>&1; then
  echo "this system has no apt-get: install these yourself, so that they are on PATH:$missing" >&2
  exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq >&2
# The packages would start their services; the tests start their own, on ports of their own.
# shellcheck disable=SC2086
$as_root env RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing fonts-liberation >&2
