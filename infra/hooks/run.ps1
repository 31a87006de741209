# Runs a hook of azd, which is a task of `cargo xtask hook`. Without cargo it says what is left out.
# Usage: infra/hooks/run.ps1 preprovision|prepackage|postprovision|postdeploy|postdown
param([Parameter(Mandatory = $true)][string]$Hook)
$ErrorActionPreference = 'Stop'

if ($env:DEPLOY_MODE) { $mode = $env:DEPLOY_MODE } else { $mode = 'zip' }

if (Get-Command cargo -ErrorAction SilentlyContinue) {
    cargo xtask hook $Hook
    exit $LASTEXITCODE
}

function Stop-Hook([string]$Why) {
    [Console]::Error.WriteLine("${Hook}: $Why")
    exit 1
}

function Write-LeftOut([string]$What) {
    Write-Output "${Hook}: left out, as cargo is not installed: $What"
}

# Container deployments of older versions overwrite settings of the site.
function Stop-IfAzdIsTooOld {
    $version = azd version
    if ("$version" -match '^azd version 1\.(\d+)\.' -and [int]$Matches[1] -lt 29) {
        Stop-Hook "azd 1.29 or newer is needed, this is 1.$($Matches[1]): https://aka.ms/azd-install"
    }
}

switch ($Hook) {
    'preprovision' {
        Stop-IfAzdIsTooOld
        switch ($mode) {
            'zip' { Stop-Hook 'cargo builds the zip and is not installed. Install Rust (https://rustup.rs), or let the registry build a container: azd env set DEPLOY_MODE container' }
            'container' { Write-LeftOut 'the checks of region, quota and rights; a trial subscription needs DEPLOY_MODE zip' }
            default { Stop-Hook "DEPLOY_MODE is $mode, but must be zip or container: azd env set DEPLOY_MODE zip" }
        }
    }
    'prepackage' { if ($mode -ne 'container') { Write-LeftOut 'building the zip' } }
    'postprovision' { if ($env:ENABLE_ENTRA_AUTH -and $env:ENABLE_ENTRA_AUTH -ne 'false') { Write-LeftOut 'the app registration (docs/sign-in.md, By portal)' } }
    'postdeploy' { Write-LeftOut "the test of the site. Open $env:WEB_URI yourself" }
    'postdown' { if ($env:AUTH_CLIENT_ID) { Write-LeftOut "deleting the app registration $env:AUTH_CLIENT_ID" } }
    default { Stop-Hook 'not a hook of this project' }
}
