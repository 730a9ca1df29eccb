#!/bin/sh
# Three clusters, each one process on an address of this machine: one is drained, leaves, and comes back. Ends all it started.
set -eu
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; wait; rm -rf "$work"' EXIT
(cd "$here/../.." && CGO_ENABLED=0 go build -o "$work/spillway-health" ./cmd/spillway-health)
cp "$here"/*.yaml "$work"
cd "$work"
mkdir keys # one key signs all messages; each cluster would have it from a Secret
head -c 32 /dev/urandom >keys/k1
echo k1 >keys/active
for cluster in blue:127.0.0.11 green:127.0.0.12 red:127.0.0.13; do
  name=${cluster%:*} address=${cluster#*:}
  ./spillway-health --config "$name.yaml" --listen "$address:8080" --internal-listen "$address:9090" --linger 0s 2>"$name.log" &
  pids="$pids $!"
done

# ask prints what each cluster's probe path answers.
ask() {
  for cluster in blue:127.0.0.11 green:127.0.0.12 red:127.0.0.13; do
    printf '%s %s  ' "${cluster%:*}" "$(curl -s -o /dev/null -w '%{http_code}' "http://${cluster#*:}:8080/health")"
  done
  echo " $1"
}
# until waits for an answer of blue, at most a minute.
until_blue() {
  for _ in $(seq 240); do
    [ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.11:8080/health)" = "$1" ] && return
    sleep 0.25
  done
  cat blue.log >&2
  exit 1
}

until_blue 200
sleep 19 # a process that has just started may have forgotten promises: it has no say for a while
ask 'at rest'
cp blue.yaml rest.yaml
echo '  mode: {name: Drain, until: "2099-01-01T00:00:00Z", reason: "upgrade"}' >>blue.yaml
until_blue 503
ask 'blue is drained: green and red have promised to stay'
cp green.yaml green.rest
echo '  mode: {name: Drain, until: "2099-01-01T00:00:00Z", reason: "by mistake"}' >>green.yaml
sleep 4
ask 'green is drained too, but may not leave'
mv green.rest green.yaml
mv rest.yaml blue.yaml
until_blue 200
ask 'relaxed'
