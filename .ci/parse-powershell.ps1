# Parses the scripts that are its arguments, and prints their syntax errors.
$failed = 0
foreach ($file in $args) {
    $errors = $null
    [void][System.Management.Automation.Language.Parser]::ParseFile((Resolve-Path $file), [ref]$null, [ref]$errors)
    foreach ($found in $errors) {
        $failed = 1
        Write-Output "${file}:$($found.Extent.StartLineNumber): $($found.Message)"
    }
}
exit $failed
