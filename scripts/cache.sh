# Sourced by the other scripts: where downloads are kept, outside the checkout.
CACHE="${FLTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flts}"
