# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# libraries.sh TARGET TOOLS SOURCES FOLDER: what leaderlife stands on, as static libraries for the target that have what
# it uses and no more; how pkg-config finds them; and Python's headers. What curl and OpenSSL would look for by
# themselves, such as configuration, netrc and certificates, is left out: leaderlife names all files that are to be
# read.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../common.sh
. "$(dirname "$0")/../common.sh"
. script/lib/release/toolchain.sh

target=$1 tools=$2 sources=$3 prefix=$4
# What is compiled must not depend on when, or by whom.
export SOURCE_DATE_EPOCH=0 TZ=UTC0
export ZIG_GLOBAL_CACHE_DIR=$prefix/zig ZIG_LOCAL_CACHE_DIR=$prefix/work/zig
# Small first: it waits. Without tables for unwinding, which are a tenth of it.
flags='-Oz -fno-unwind-tables -fno-asynchronous-unwind-tables -fPIC -ffunction-sections -fdata-sections'
flags+=' -fvisibility=hidden -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2'

mkdir "$prefix/work"
make_toolchain "$target" "$tools" "$prefix"
export PATH=$prefix/bin:$PATH

# unpacked NAME: the sources in a folder of this build's own.
unpacked() {
    cp -a "$sources/$1" "$prefix/work/$1"
    cd "$prefix/work/$1${2:+/$2}"
    export COMPILED_FROM=$PWD
}

# cmake_library [cmake option...]
cmake_library() {
    cmake -G Ninja -S . -B build.release -DCMAKE_TOOLCHAIN_FILE="$prefix/toolchain.cmake" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_C_FLAGS="$flags" -DCMAKE_C_FLAGS_RELEASE= -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
        -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF "$@"
    cmake --build build.release --parallel "$(nproc)"
    cmake --install build.release
}

# TLS 1.2 and 1.3 for clients, and PEM. No engines, modules, configuration; no algorithm that neither uses.
build_openssl() {
    local asked
    case $target in
    x86_64-*) asked=linux-x86_64-clang ;;
    aarch64-*) asked=linux-aarch64 ;;
    esac
    unpacked openssl openssl
    # AES by instructions of the newest servers is 700 KB of code, a sixth of all. The older instructions serve those,
    # too.
    sed -i 's/\$avx512vaes = (\$ver>=7.0);/$avx512vaes = 0;/' crypto/modes/asm/aes-gcm-avx512.pl
    grep -Fq '    $avx512vaes = 0;' crypto/modes/asm/aes-gcm-avx512.pl
    # P-256 by a table of 150 KB, which no archive makes smaller: the portable code, of constant time too, serves a
    # client.
    sed -i 's/ecp_nistz256\.c ecp_nistz256-[a-z0-9_]*\.[sS]//; s/=ECP_NISTZ256_ASM$/=/' crypto/ec/build.info
    # shellcheck disable=SC2086  # the flags are words
    perl Configure $asked --prefix=/nowhere --openssldir=/nowhere --libdir=lib CC="$target-cc" \
        AR="$target-ar" RANLIB="$target-ranlib" no-shared no-tests no-apps no-docs no-autoload-config \
        no-engine no-module no-dso no-legacy no-filenames no-ui-console no-quic no-dtls no-ssl3 no-tls1 \
        no-tls1_1 no-psk no-srp no-srtp no-ct no-ocsp no-ts no-cms no-cmp no-rfc3779 no-gost no-aria no-bf \
        no-camellia no-cast no-des no-dsa no-ec2m no-idea no-md4 no-mdc2 no-ml-dsa no-slh-dsa no-rc2 no-rc4 \
        no-rmd160 no-scrypt no-seed no-siphash no-siv no-sm2 no-sm3 no-sm4 no-whirlpool no-comp \
        no-multiblock no-nextprotoneg no-http no-sctp no-ssl-trace no-argon2 no-blake2 no-dh \
        enable-ec_nistp_64_gcc_128 $flags
    make -j"$(nproc)" build_libs
    mkdir -p "$prefix/lib" "$prefix/include"
    cp libssl.a libcrypto.a "$prefix/lib"
    cp -r include/openssl "$prefix/include"
}

build_nghttp2() {
    unpacked nghttp2 nghttp2
    cmake_library -DENABLE_LIB_ONLY=ON -DENABLE_DOC=OFF -DBUILD_STATIC_LIBS=ON
}

# The crate's curl has no docs, which its CMake wants to enter. HTTP alone, with a resolver in a thread.
build_curl() {
    unpacked curl curl
    mkdir -p docs/examples
    : >docs/CMakeLists.txt
    : >docs/examples/CMakeLists.txt
    cmake_library -DBUILD_CURL_EXE=OFF -DBUILD_STATIC_LIBS=ON -DBUILD_EXAMPLES=OFF -DBUILD_LIBCURL_DOCS=OFF \
        -DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF -DHTTP_ONLY=ON -DENABLE_THREADED_RESOLVER=ON -DENABLE_IPV6=ON \
        -DCURL_USE_OPENSSL=ON -DCURL_USE_PKGCONFIG=OFF -DCURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG=ON \
        -DOPENSSL_ROOT_DIR="$prefix" -DOPENSSL_INCLUDE_DIR="$prefix/include" -DOPENSSL_USE_STATIC_LIBS=ON \
        -DOPENSSL_SSL_LIBRARY="$prefix/lib/libssl.a" -DOPENSSL_CRYPTO_LIBRARY="$prefix/lib/libcrypto.a" \
        -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none -DCURL_CA_FALLBACK=OFF \
        -DUSE_NGHTTP2=ON -DNGHTTP2_INCLUDE_DIR="$prefix/include" -DNGHTTP2_LIBRARY="$prefix/lib/libnghttp2.a" \
        -DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DCURL_USE_LIBPSL=OFF -DUSE_LIBIDN2=OFF \
        -DCURL_USE_LIBSSH2=OFF -DCURL_USE_GSSAPI=OFF \
        -DCURL_DISABLE_COOKIES=ON -DCURL_DISABLE_HSTS=ON -DCURL_DISABLE_ALTSVC=ON \
        -DCURL_DISABLE_NETRC=ON -DCURL_DISABLE_MIME=ON -DCURL_DISABLE_FORM_API=ON -DCURL_DISABLE_DOH=ON \
        -DCURL_DISABLE_NTLM=ON -DCURL_DISABLE_KERBEROS_AUTH=ON -DCURL_DISABLE_NEGOTIATE_AUTH=ON \
        -DCURL_DISABLE_DIGEST_AUTH=ON -DCURL_DISABLE_AWS=ON -DCURL_DISABLE_PROGRESS_METER=ON \
        -DCURL_DISABLE_WEBSOCKETS=ON -DCURL_DISABLE_LIBCURL_OPTION=ON -DCURL_DISABLE_GETOPTIONS=ON
}

build_jansson() {
    unpacked jansson
    cmake_library -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_EXAMPLES=OFF \
        -DCMAKE_POLICY_VERSION_MINIMUM=3.5
}

build_libyaml() {
    unpacked libyaml
    cmake_library -DCMAKE_POLICY_VERSION_MINIMUM=3.5
}

build_libmicrohttpd() {
    unpacked libmicrohttpd
    # Its own generated files are taken: patches have made them look old.
    ./configure ACLOCAL=: AUTOCONF=: AUTOHEADER=: AUTOMAKE=: \
        --host="${target%%-*}-linux-${target##*-}" --prefix=/ CC="$target-cc" AR="$target-ar" RANLIB="$target-ranlib" \
        CFLAGS="$flags" --disable-shared --enable-static --disable-doc --disable-examples --disable-curl \
        --disable-https --disable-bauth --disable-dauth --disable-postprocessor --disable-messages --disable-httpupgrade
    make -j"$(nproc)" -C src/microhttpd
    make -C src/microhttpd install DESTDIR="$prefix"
    make -C src/include install DESTDIR="$prefix"
}

# write_pc NAME VERSION LIBRARIES: as a program needs them that is linked to all of it.
write_pc() {
    {
        printf 'prefix=${pcfiledir}/../..\nName: %s\nDescription: %s, static\nVersion: %s\n' "$1" "$1" "$2"
        printf 'Cflags: -I${prefix}/include\nLibs: -L${prefix}/lib %s\n' "$3"
    } >"$prefix/lib/pkgconfig/$1.pc"
}

version_of() {
    /usr/bin/python3 script/lib/release/pins.py version "$1"
}

write_pcs() {
    local threads='-lpthread -ldl'
    rm -rf "$prefix/lib/pkgconfig"
    mkdir -p "$prefix/lib/pkgconfig"
    write_pc libcurl "$(version_of curl)" "-lcurl -lnghttp2 -lssl -lcrypto $threads"
    write_pc jansson "$(version_of jansson)" -ljansson
    write_pc yaml-0.1 "$(version_of libyaml)" -lyaml
    write_pc libmicrohttpd "$(version_of libmicrohttpd)" '-lmicrohttpd -lpthread'
}

# The limited API is the same on all processors of 64 bits, and so are the sizes in pyconfig.h, which Debian keeps
# apart.
copy_python_headers() {
    local headers config multiarch
    headers=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')
    config=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_config_h_filename())')
    multiarch=${headers%/*}/$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_config_var("MULTIARCH"))')
    [[ ! -e $multiarch/${headers##*/}/pyconfig.h ]] || config=$multiarch/${headers##*/}/pyconfig.h
    cp -r "$headers/." "$prefix/python"
    cp "$config" "$prefix/python/pyconfig.h"
}

# Each in a folder of its own, as what is made holds them.
copy_licenses() {
    local name from file
    while read -r name from file; do
        [[ $from != ziglang ]] || from=$tools/ziglang
        [[ $from == /* ]] || from=$sources/$name
        mkdir -p "$prefix/licenses/$name"
        cp "$from/$file" "$prefix/licenses/$name/${file##*/}"
    done < <(/usr/bin/python3 script/lib/release/pins.py licenses "$target")
}

# OpenSSL alone is half of the work. The rest, which mostly configures, is done beside it, and curl after both.
build_each() {
    local library
    for library; do
        (build_$library)
    done
}

build_each openssl &
openssl=$!
build_each nghttp2 jansson libyaml libmicrohttpd &
others=$!
failed=0
wait "$openssl" || failed=1
wait "$others" || failed=1
((failed == 0)) || die "a library cannot be built"
build_each curl
write_pcs
copy_python_headers
copy_licenses
rm -rf "$prefix/work" "$prefix"/lib/cmake "$prefix"/lib/*.la "$prefix/share" "$prefix/bin/curl-config" \
    "$prefix/bin/wcurl"
