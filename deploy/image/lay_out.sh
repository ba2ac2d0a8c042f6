#!/bin/sh
# lay_out.sh ROOT DENO: makes ROOT a file system that has Deno, the libraries it is linked to, and one user.
# The Dockerfile and tests/e2e/image_test.ts both call this.
set -eu
root=$1
deno=$2

mkdir -p "$root/usr/bin" "$root/etc" "$root/tmp" "$root/data" "$root/config"
cp -L "$deno" "$root/usr/bin/deno"
chmod 755 "$root/usr/bin/deno"

# `ldd` prints each library and the loader with its path; they have to stay at these paths.
ldd "$deno" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

echo 'sluice:x:65532:65532:sluice:/:/sbin/nologin' >"$root/etc/passwd"
echo 'sluice:x:65532:' >"$root/etc/group"
# Names are looked up as everywhere: the file first, then DNS. Both are in the C library itself.
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp"
chown 65532:65532 "$root/data" 2>/dev/null || true
