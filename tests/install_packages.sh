#!/bin/sh
# Installs what a bare Debian 12 lacks to run, build, demonstrate or test Shoal.
#
#   tests/install_packages.sh [--dry-run] GROUP...
#
#   run     the libraries that built programs need at run time
#   build   compilers, tools and -dev packages
#   demo    what deploy/demo.sh starts besides Shoal's own programs
#   test    what tests/run.sh needs on top of `build` and `demo`: clang, sanitizers, gnuplot, and
#           `buf`, a gRPC client that is not ours (from npm, into build/node; the tests skip without)
#   all     everything (also without any argument)
#
# Does nothing, and wants no rights, when all is there. Otherwise runs apt-get as root or by sudo.
# --dry-run prints the packages that are missing and installs nothing.
set -eu

RUN="ca-certificates libgrpc++1.51 libprotobuf32 libabsl20220623 libcurl4 libssl3 libspdlog1.10
     libprometheus-cpp-core1.0 librocksdb7.8 libmaxminddb0 libjemalloc2 zlib1g"
BUILD="cmake ninja-build g++ ccache pkg-config libgrpc++-dev protobuf-compiler
     protobuf-compiler-grpc libprotobuf-dev libabsl-dev librocksdb-dev libmaxminddb-dev libjemalloc-dev libgtest-dev libgmock-dev
     libbenchmark-dev libcurl4-openssl-dev libboost-dev libssl-dev libnghttp2-dev libspdlog-dev libcli11-dev
     nlohmann-json3-dev prometheus-cpp-dev zlib1g-dev"
DEMO="python3 ffmpeg nginx-light iproute2 iptables procps ca-certificates"
TEST="clang libclang-rt-14-dev gnuplot-nox"

here=$(cd "$(dirname "$0")/.." && pwd)
dry_run=
groups=
for argument in "$@"; do
  case $argument in
    --dry-run) dry_run=yes ;;
    run|build|demo|test) groups="$groups $argument" ;;
    all) groups="run build demo test" ;;
    -h|--help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "install_packages.sh: no group '$argument' (run, build, demo, test, all)" >&2; exit 2 ;;
  esac
done
[ -n "$groups" ] || groups="run build demo test"

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Anything that brings the program will do: Debian's nginx-light, -full or -extras, say.
satisfied() {
  case $1 in
    nginx-light) [ -x /usr/sbin/nginx ] || installed "$1" ;;
    gnuplot-nox) command -v gnuplot >/dev/null 2>&1 || installed "$1" ;;
    python3|ffmpeg|cmake|ccache|nodejs|npm) command -v "$1" >/dev/null 2>&1 || installed "$1" ;;
    *) installed "$1" ;;
  esac
}

missing=
want() {
  for package in "$@"; do
    satisfied "$package" || missing="$missing $package"
  done
}

wants_buf=
for group in $groups; do
  case $group in
    run) want $RUN ;;
    build) want $BUILD ;;
    demo) want $DEMO ;;
    test) want $TEST nodejs; wants_buf=yes
          # Only distributions other than Debian's ship npm inside nodejs.
          command -v npm >/dev/null 2>&1 || want npm ;;
  esac
done
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
missing=${missing% }

if [ -n "$dry_run" ]; then
  [ -z "$missing" ] || printf '%s\n' $missing
  exit 0
fi

# Installing a web server must not start one on port 80: Debian asks policy-rc.d first.
policy=/usr/sbin/policy-rc.d
quiet_services() {
  [ -e $policy ] && return
  printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
  $as_root chmod 755 $policy
  trap '$as_root rm -f $policy' EXIT
  trap 'exit 130' INT TERM
}

if [ -n "$missing" ]; then
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "install_packages.sh: not a Debian system; these are missing: $missing" >&2
    exit 1
  fi
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      echo "install_packages.sh: neither root nor sudo; as root, please run:" >&2
      echo "  apt-get update && apt-get install --no-install-recommends $missing" >&2
      exit 1
    fi
    as_root=sudo
  fi
  echo "Installing: $missing"
  quiet_services
  apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq"
  $apt update
  $apt -y install --no-install-recommends $missing
fi

if [ -n "$wants_buf" ] && [ ! -x "$here/build/node/node_modules/.bin/buf" ]; then
  mkdir -p "$here/build/node"
  if ! timeout 180 npm install --prefix "$here/build/node" --no-audit --no-fund --loglevel=error \
      @bufbuild/buf; then
    echo "install_packages.sh: npm could not install @bufbuild/buf; the tests with a foreign gRPC" \
         "client will be skipped" >&2
  fi
fi
