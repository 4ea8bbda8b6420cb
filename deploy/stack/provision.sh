#!/usr/bin/env bash
# Installs the real servers: Redis, PostgreSQL, HAProxy and Java from Debian, and the jars of Kafka and Cassandra, pinned by
# their SHA-256 in kafka.jars and cassandra.jars. Does nothing where all is there; safe to repeat and to interrupt: jars become visible
# only when all of them are whole.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$here/../../.cache/stack
fail() { echo "clatter: $1" >&2; exit 1; }
mkdir -p "$cache"
exec 9>"$cache/provision.lock"
flock 9

# --- from Debian
postgres_there() { compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }
java_there() { java -version 2>&1 | grep -Eq 'version "(1[7-9]|2[0-9])'; }
missing=()
java_there || missing+=(openjdk-17-jre-headless)
command -v redis-server >/dev/null || missing+=(redis-server)
postgres_there || missing+=(postgresql)
command -v openssl >/dev/null || missing+=(openssl)
[ -x /usr/sbin/haproxy ] || command -v haproxy >/dev/null || missing+=(haproxy)
stamp=$(cat "$here/kafka.jars" "$here/cassandra.jars" | sha256sum)
jars_there() { [ -f "$cache/jars/.stamp" ] && [ "$(cat "$cache/jars/.stamp")" = "$stamp" ]; }
jars_there || command -v mvn >/dev/null || missing+=(maven)
if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || fail "these are missing and there is no apt-get: ${missing[*]}. With a container engine, compose.yaml has the servers"
  sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "these are missing, and only root or sudo may install them: ${missing[*]}"
    sudo=sudo
  fi
  echo "Installing ${missing[*]} …"
  log=$cache/apt.log
  install() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; }
  : >"$log"
  for pause in 0 5 15; do
    sleep "$pause"
    if $sudo apt-get update >>"$log" 2>&1 && install; then done=yes; break; fi
  done
  [ -n "${done:-}" ] || { tail -n 20 "$log" >&2; fail "apt-get could not install ${missing[*]}"; }
fi

# --- the jars, from Maven's central repository
jars_there && exit 0
echo "Fetching Kafka and Cassandra (once, about a minute) …"
fetch=$cache/fetch
rm -rf "$fetch" "$cache/jars"
# Eight modules, since Maven fetches the artifacts of one module one after the other.
modules=8
for ((module = 0; module < modules; module++)); do
  mkdir -p "$fetch/m$module"
  {
    echo "<project><modelVersion>4.0.0</modelVersion><groupId>clatter</groupId><artifactId>m$module</artifactId><version>1</version><packaging>pom</packaging>"
    echo "<build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId><version>2.8</version>"
    echo "<executions><execution><id>copy</id><phase>initialize</phase><goals><goal>copy</goal></goals><configuration><artifactItems>"
    for product in kafka cassandra; do
      awk -v out="$fetch/jars/$product" -v module="$module" -v modules="$modules" 'NR % modules == module {
        n = split($2, part, ":")
        printf "<artifactItem><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version>", part[1], part[2], part[3]
        if (n == 4) printf "<classifier>%s</classifier>", part[4]
        printf "<outputDirectory>%s</outputDirectory></artifactItem>\n", out
      }' "$here/$product.jars"
    done
    echo "</artifactItems></configuration></execution></executions></plugin></plugins></build></project>"
  } >"$fetch/m$module/pom.xml"
done
{
  echo "<project><modelVersion>4.0.0</modelVersion><groupId>clatter</groupId><artifactId>stack</artifactId><version>1</version><packaging>pom</packaging><modules>"
  for ((module = 0; module < modules; module++)); do echo "<module>m$module</module>"; done
  echo "</modules></project>"
} >"$fetch/pom.xml"
for pause in 0 5 15 none; do
  [ "$pause" != none ] || { tail -n 20 "$cache/maven.log" >&2; fail "Maven could not fetch the jars of Kafka and Cassandra: is its repository within reach?"; }
  sleep "$pause"
  mvn -B -q -T 8 -Dmaven.repo.local="$cache/m2" -Dmaven.artifact.threads=8 -f "$fetch/pom.xml" initialize >"$cache/maven.log" 2>&1 && break
done
for product in kafka cassandra; do
  awk '{ n = split($2, part, ":"); print $1 "  " part[2] "-" part[3] (n == 4 ? "-" part[4] : "") ".jar" }' "$here/$product.jars" >"$fetch/$product.sums"
  (cd "$fetch/jars/$product" && sha256sum --quiet --check "$fetch/$product.sums" >&2) || fail "a jar of $product is not the one that deploy/stack/$product.jars pins"
done
printf '%s\n' "$stamp" >"$fetch/jars/.stamp"
mv "$fetch/jars" "$cache/jars"
rm -rf "$fetch" "$cache/m2"
