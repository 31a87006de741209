# Runs a hook of azd with `cargo xtask hook`. Without cargo it prints what is skipped.
# Usage: infra/hooks/run.ps1 preprovision|prepackage|postprovision|postdeploy|postdown
param([Parameter(Mandatory = $true)][string]$Hook)
$ErrorActionPreference = 'Stop'

if ($env:DEPLOY_MODE) { $mode = $env:DEPLOY_MODE } else { $mode = 'zip' }

function Stop-Hook([string]$Why) {
    [Console]::Error.WriteLine("${Hook}: $Why")
    exit 1
}

function Write-Skipped([string]$What) {
    Write-Output "${Hook}: skipped, because cargo is not installed: $What"
}

# `azd pipeline config` of older versions creates a federated credential that GitHub's tokens do not match (AADSTS700213).
function Stop-IfAzdIsOutdated {
    $version = azd version
    if ("$version" -match '^azd version 1\.(\d+)\.' -and [int]$Matches[1] -lt 30) {
        Stop-Hook "azd 1.30 or newer is required, this is 1.$($Matches[1]): https://aka.ms/azd-install"
    }
}

# Unpacks the zip of a release in place of a build. The checksum is mandatory.
function Expand-Release {
    $sum = (Get-FileHash -Algorithm SHA256 -LiteralPath $env:RELEASE_ZIP).Hash
    if ($sum -ne $env:RELEASE_ZIP_SHA256) {
        Stop-Hook "RELEASE_ZIP has the SHA-256 checksum $sum, expected $env:RELEASE_ZIP_SHA256"
    }
    if (Test-Path dist) { Remove-Item dist -Recurse -Force }
    Expand-Archive -LiteralPath $env:RELEASE_ZIP -DestinationPath dist
    Write-Output "${Hook}: $(Get-Content dist/version.txt) from $env:RELEASE_ZIP"
}

if ($env:RELEASE_ZIP -and $Hook -eq 'prepackage' -and $mode -eq 'zip') {
    Expand-Release
    exit 0
}

if (Get-Command cargo -ErrorAction SilentlyContinue) {
    cargo xtask hook $Hook
    exit $LASTEXITCODE
}

switch ($Hook) {
    'preprovision' {
        Stop-IfAzdIsOutdated
        switch ($mode) {
            'zip' { if (-not $env:RELEASE_ZIP) { Stop-Hook 'cargo builds the zip and is not installed. Install Rust (https://rustup.rs), or let the registry build a container: azd env set DEPLOY_MODE container' } }
            'container' { Write-Skipped 'the checks of region and permissions. A trial subscription needs DEPLOY_MODE zip' }
            default { Stop-Hook "DEPLOY_MODE is $mode, but must be zip or container: azd env set DEPLOY_MODE zip" }
        }
    }
    'prepackage' { if ($mode -ne 'container') { Write-Skipped 'building the zip' } }
    'postprovision' { if ($env:ENABLE_ENTRA_AUTH -and $env:ENABLE_ENTRA_AUTH -ne 'false') { Write-Skipped 'the app registration (docs/sign-in.md, section In the portal)' } }
    'postdeploy' { Write-Skipped "the request to /readyz. Open $env:WEB_URI in a browser" }
    'postdown' { if ($env:AUTH_CLIENT_ID) { Write-Skipped "deleting the app registration $env:AUTH_CLIENT_ID" } }
    default { Stop-Hook 'unknown hook' }
}
