#!/usr/bin/env bash
# Gives a Debian or Ubuntu host a Docker Engine with Compose v2, and leaves one that already answers alone.
#
#   npm run engine        (as root; may be run again at any time)
#
# Debian 13 and later and Ubuntu have a recent engine of their own. Debian 12's is too old (no Compose v2), so there the
# engine, the client and Compose come from Debian 13 while containerd and runc stay Debian 12's: no other package changes.
# Where no init system runs (a container, a CI machine) the engine is started detached, so that it outlives this script.
set -euo pipefail

readonly socket=/var/run/docker.sock
readonly daemon_config=/etc/docker/daemon.json
readonly daemon_log=/var/log/relay-chaos-dockerd.log
readonly lock_file=/run/lock/relay-chaos-engine.lock
readonly start_seconds_max=60
readonly debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
readonly extra_source=/etc/apt/sources.list.d/relay-chaos-trixie.sources
readonly extra_pin=/etc/apt/preferences.d/relay-chaos-trixie

say() { printf 'engine: %s\n' "$*"; }
fail() {
  printf 'engine: %s\n' "$*" >&2
  exit 1
}

# The version of the engine that answers, or nothing.
engine_version() {
  if command -v docker >/dev/null; then
    timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null || true
  fi
}

compose_version() { timeout 10 docker compose version --short 2>/dev/null || true; }

done_when_present() {
  local engine compose
  engine=$(engine_version)
  [ -n "$engine" ] || return 0
  compose=$(compose_version)
  [ -n "$compose" ] || fail "Docker Engine $engine answers, but 'docker compose' does not: install Compose v2 from where the engine came from (docker-compose-plugin, docker-compose-v2 or docker-compose)"
  case "$compose" in
    1.* | v1.*) fail "Docker Engine $engine answers with Compose $compose: expected Compose v2 or later; install docker-compose-plugin, docker-compose-v2 or docker-compose" ;;
  esac
  say "$1: Docker Engine $engine, Compose $compose"
  exit 0
}

apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >>"$apt_log" 2>&1; }

apt_or_fail() {
  local doing=$1
  shift
  say "$doing"
  apt "$@" || {
    grep -E '^(E|W|dpkg):' "$apt_log" | tail -n 5 >&2 || true
    fail "$doing: apt-get $* failed; its output is in $apt_log"
  }
}

# Debian 13 as a further, low-priority source at the mirror that this host already uses.
add_debian_13() {
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Origin: Debian' 'Codename: bookworm' 'Component: main' | head -n 1)
  [ -n "$mirror" ] || fail "looking for a Debian mirror in the apt sources: none serves suite bookworm, component main; add one and run this again"
  [ -r "$debian_keyring" ] || fail "expected Debian's keys in $debian_keyring, found none; install debian-archive-keyring"
  cat >"$extra_source" <<SOURCE
# For Docker Engine only, see the preferences of the same name. Written by relay-chaos, docker/engine.sh.
Types: deb
URIs: $mirror
Suites: trixie
Components: main
Signed-By: $debian_keyring
SOURCE
  cat >"$extra_pin" <<'PIN'
Explanation: nothing comes from this suite unless asked for by name. Written by relay-chaos, docker/engine.sh.
Package: *
Pin: release n=trixie
Pin-Priority: 100
PIN
}

install_engine() {
  local id version
  id=$(. /etc/os-release && echo "${ID:-}")
  version=$(. /etc/os-release && echo "${VERSION_ID:-0}")
  command -v apt-get >/dev/null || fail "installing Docker Engine: this host has no apt-get; supported are Debian 12 and later and Ubuntu 22.04 and later; elsewhere install Docker Engine with Compose v2 yourself"
  apt_log=$(mktemp /tmp/relay-chaos-engine-apt.XXXXXX)
  case "$id:${version%%.*}" in
    debian:12)
      apt_or_fail 'refreshing the package lists' update
      add_debian_13
      say 'refreshing the package lists, Debian 13 included'
      if ! apt update || ! apt-cache madison docker.io | grep -q trixie; then
        rm -f "$extra_source" "$extra_pin" # A source that cannot be read would break every later apt-get.
        fail "the configured Debian mirror does not serve suite trixie; use one that does, or install Docker Engine with Compose v2 yourself; apt-get's output is in $apt_log"
      fi
      apt_or_fail 'installing containerd, runc, iptables' install --no-install-recommends containerd runc iptables
      # Named one by one: with "-t trixie" apt would take libc and some thirty further packages along.
      apt_or_fail 'installing docker.io, docker-cli, docker-compose of Debian 13' install --no-install-recommends \
        docker.io/trixie docker-cli/trixie docker-compose/trixie
      ;;
    debian:1[3-9] | debian:[2-9][0-9] | debian:0)
      apt_or_fail 'refreshing the package lists' update
      apt_or_fail 'installing docker.io, docker-cli, docker-compose' install --no-install-recommends \
        docker.io docker-cli docker-compose iptables
      ;;
    ubuntu:2[2-9] | ubuntu:[3-9][0-9])
      apt_or_fail 'refreshing the package lists' update
      apt_or_fail 'installing docker.io, docker-compose-v2' install --no-install-recommends \
        docker.io docker-compose-v2 iptables
      ;;
    *) fail "installing Docker Engine: expected Debian 12 or later or Ubuntu 22.04 or later, got \"$id $version\"; install Docker Engine with Compose v2 yourself" ;;
  esac
  rm -f "$apt_log"
}

# The engine's own pools end at about 31 networks; a run with several stages side by side needs more. /24 each.
write_config() {
  if [ -e "$daemon_config" ]; then
    say "keeping $daemon_config as it is"
    return
  fi
  mkdir -p "$(dirname "$daemon_config")"
  cat >"$daemon_config" <<'CONFIG'
{
  "default-address-pools": [{ "base": "10.221.0.0/16", "size": 24 }]
}
CONFIG
}

start_engine() {
  if [ -d /run/systemd/system ]; then
    say 'starting docker.service'
    # Installing may have started it with the old address pools.
    systemctl enable docker >/dev/null 2>&1
    systemctl restart docker || fail "starting docker.service failed; see: journalctl -u docker"
    return
  fi
  say "starting dockerd without an init system; its log is $daemon_log"
  # 9 is the lock: an engine that kept it open would lock out the next call of this script.
  setsid dockerd --data-root /var/lib/docker -H "unix://$socket" </dev/null >>"$daemon_log" 2>&1 9>&- &
  engine_pid=$!
}

# Without an init system and with control groups of version 1 all containers together weigh as much as a single thread of
# the engine or the tester (1024 shares), and a handshake waits while another stage is opened. With this they come first.
prefer_containers() {
  local group=/sys/fs/cgroup/cpu/docker
  [ -e /sys/fs/cgroup/cpu/cpu.shares ] || return 0
  if ! mkdir -p "$group" || ! echo 8192 >"$group/cpu.shares"; then say 'containers cannot be preferred to other work'; fi
}

wait_for_engine() {
  local deadline=$((SECONDS + start_seconds_max))
  until [ -n "$(engine_version)" ]; do
    if [ -n "${engine_pid:-}" ] && ! kill -0 "$engine_pid" 2>/dev/null; then
      fail "starting Docker Engine: dockerd ended: $(tail -n 2 "$daemon_log" | tr '\n' ' '); see $daemon_log"
    fi
    [ "$SECONDS" -lt "$deadline" ] ||
      fail "starting Docker Engine: no answer on $socket after $start_seconds_max s; see $daemon_log or journalctl -u docker"
    sleep 0.2
  done
}

done_when_present 'present, nothing to do'
[ -z "${DOCKER_HOST:-}" ] || fail "DOCKER_HOST is set and nothing answers there; unset it to get an engine on this host"
[ "$(uname -s)" = Linux ] || fail "expected a Linux host (Debian or Ubuntu), got $(uname -s); install Docker Desktop instead"
[ "$(id -u)" = 0 ] || fail 'installing and starting Docker Engine needs root; run: sudo npm run engine'

exec 9>"$lock_file"
flock -w 600 9 || fail "another run of this script holds $lock_file for 10 minutes; end it and run this again"
done_when_present 'present, nothing to do' # The run that held the lock may have brought it up.

if ! command -v dockerd >/dev/null || [ -z "$(compose_version)" ]; then install_engine; fi
write_config
start_engine
wait_for_engine
[ -d /run/systemd/system ] || prefer_containers
done_when_present 'ready'
