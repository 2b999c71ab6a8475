#!/usr/bin/env bash
# Prints the folder that holds the jars of a real Kafka broker and of its own tools, fetched into the cache the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/cache.sh

KAFKA=4.3.1
SLF4J=1.7.36
home="$CACHE/kafka-$KAFKA"
for tool in java mvn; do
  command -v $tool >/dev/null || { echo "this machine lacks $tool. Install with: sudo apt-get install -y default-jre-headless maven" >&2; exit 1; }
done
mkdir -p "$CACHE"
exec 9>"$home.lock"
flock 9
if [ ! -f "$home/ready" ]; then
  echo "fetching kafka $KAFKA" >&2
  rm -rf "$home"
  mkdir -p "$home"
  cat > "$home/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
 <groupId>flts</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
 <dependencies>
  <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$KAFKA</version></dependency>
  <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$KAFKA</version></dependency>
  <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>$SLF4J</version></dependency>
 </dependencies></project>
POM
  mvn -q -B -f "$home/pom.xml" -Dmaven.repo.local="$home/repository" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$home/lib" >&2
  rm -rf "$home/repository"
  # exactly these files, with these hashes; to renew the list for another version: (cd lib && sha256sum *.jar)
  hashes=$PWD/scripts/kafka/jars.sha256
  if ! (cd "$home/lib" && sha256sum --check --strict --quiet "$hashes" && [ "$(ls | wc -l)" -eq "$(wc -l < "$hashes")" ]) >&2; then
    echo "the files of kafka $KAFKA are not those of $hashes; nothing was kept" >&2
    rm -rf "$home"
    exit 1
  fi
  touch "$home/ready"
fi
echo "$home/lib"
