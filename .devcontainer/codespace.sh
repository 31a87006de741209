# shellcheck shell=sh
# Sourced by every shell of the devcontainer.
if [ -n "${CODESPACE_NAME:-}" ]; then
  export BASE_URL="https://$CODESPACE_NAME-8000.${GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN:-app.github.dev}"
fi
