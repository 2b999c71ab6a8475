#!/usr/bin/env bash
# Lays the root file system of the image in DEST: the binary, every library that it loads, CA certificates, a user.
# usage: root.sh BINARY LIBTORCH DEST
set -euo pipefail
binary=$1 libtorch=$2 dest=$3

rm -rf "$dest"
mkdir -p "$dest"/{etc/ssl/certs,lib64,tmp,usr/bin,usr/lib/ssl,var/lib/flts}
install -m 0755 "$binary" "$dest/usr/bin/flts"
strip "$dest/usr/bin/flts"

# what libtorch brings, except the linker script that only a build needs
find "$libtorch/lib" -name '*.so*' ! -name libtorch.so -exec install -m 0644 {} "$dest/usr/lib/" \;

# what the binary and those libraries need of Debian; the two of nss are loaded by name
libraries=$(LD_LIBRARY_PATH="$libtorch/lib" ldd "$binary" "$dest"/usr/lib/*.so*)
if grep -q 'not found' <<< "$libraries"; then
  echo "root.sh: a library is missing:" >&2
  grep 'not found' <<< "$libraries" >&2
  exit 1
fi
awk '$2 == "=>" && $3 ~ /^\// { print $3 }' <<< "$libraries" | sort -u | while read -r path; do
  [ -e "$dest/usr/lib/$(basename "$path")" ] || install -m 0644 "$(readlink -f "$path")" "$dest/usr/lib/$(basename "$path")"
done
for name in libnss_dns.so.2 libnss_files.so.2; do
  path=/lib/x86_64-linux-gnu/$name
  if [ -e "$path" ]; then install -m 0644 "$(readlink -f "$path")" "$dest/usr/lib/$name"; fi
done
install -m 0755 "$(readlink -f /lib64/ld-linux-x86-64.so.2)" "$dest/lib64/ld-linux-x86-64.so.2"

install -m 0644 /etc/ssl/certs/ca-certificates.crt "$dest/etc/ssl/certs/ca-certificates.crt"
ln -s /etc/ssl/certs/ca-certificates.crt "$dest/usr/lib/ssl/cert.pem"
printf 'root:x:0:0:root:/:/sbin/nologin\nflts:x:10001:10001:flts:/var/lib/flts:/sbin/nologin\n' > "$dest/etc/passwd"
printf 'root:x:0:\nflts:x:10001:\n' > "$dest/etc/group"
printf 'hosts: files dns\n' > "$dest/etc/nsswitch.conf"
chmod 1777 "$dest/tmp"
