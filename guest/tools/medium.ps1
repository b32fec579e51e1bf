# SPDX-License-Identifier: MIT OR Apache-2.0
# What is on the guest tools medium, for verify.ps1.

# manifest.json as nested dictionaries and arrays, or $null. The reader is .NET 3.5's, which Windows 7 comes with.
function Read-Manifest([string]$Path) {
    if (-not (Test-Path -LiteralPath $Path)) {
        return $null
    }
    [void][System.Reflection.Assembly]::LoadWithPartialName('System.Web.Extensions')
    $reader = New-Object System.Web.Script.Serialization.JavaScriptSerializer
    $reader.MaxJsonLength = 67108864
    return $reader.DeserializeObject([System.IO.File]::ReadAllText($Path))
}

function Get-FileDigest([string]$Path) {
    # The managed class refuses to work where FIPS mode is on; this one is in .NET 3.5's System.Core.
    [void][System.Reflection.Assembly]::LoadWithPartialName('System.Core')
    $algorithm = New-Object System.Security.Cryptography.SHA256CryptoServiceProvider
    $stream = [System.IO.File]::OpenRead($Path)
    try {
        $bytes = $algorithm.ComputeHash($stream)
    } finally {
        $stream.Close()
    }
    return ([System.BitConverter]::ToString($bytes) -replace '-', '').ToLower()
}

# Compares every file that the manifest lists.
function Test-Medium([string]$Root, $Manifest) {
    $integrity = New-Map
    $missing = @()
    $damaged = @()
    $files = @($Manifest['files'])
    foreach ($file in $files) {
        $path = [System.IO.Path]::Combine($Root, ([string]$file['path']).Replace('/', '\'))
        if (-not (Test-Path -LiteralPath $path)) {
            $missing += [string]$file['path']
        } elseif ((Get-Item -LiteralPath $path -Force).Length -ne $file['size']) {
            $damaged += [string]$file['path']
        } elseif ((Get-FileDigest $path) -ne $file['sha256']) {
            $damaged += [string]$file['path']
        }
    }
    $integrity['files'] = $files.Length
    $integrity['missing'] = $missing
    $integrity['damaged'] = $damaged
    return $integrity
}

function Get-ExtraFiles([string]$Root, $Manifest) {
    $known = @{}
    foreach ($file in @($Manifest['files'])) {
        $known[([string]$file['path']).ToLower()] = $true
    }
    $known['manifest.json'] = $true
    $extra = @()
    foreach ($item in @(Get-ChildItem -LiteralPath $Root -Recurse -Force | Where-Object { -not $_.PSIsContainer })) {
        $relative = $item.FullName.Substring($Root.Length).TrimStart('\').Replace('\', '/')
        if (-not $known.ContainsKey($relative.ToLower())) {
            $extra += $relative
        }
    }
    return , $extra
}

# config\devices.cmd: set "NAME=VALUE" and set NAME="VALUE" "VALUE"... as a map from name to array of values.
function Read-Configuration([string]$Path) {
    $values = @{}
    foreach ($line in @(Get-Content -LiteralPath $Path)) {
        if ($line -match '^\s*@?set\s+"([A-Za-z0-9_]+)=(.*)"\s*$') {
            $values[$matches[1]] = @($matches[2] | Where-Object { $_ -ne '' })
        } elseif ($line -match '^\s*@?set\s+([A-Za-z0-9_]+)=(.*)$') {
            $name = $matches[1]
            $found = @()
            foreach ($match in [regex]::Matches($matches[2], '"([^"]*)"')) {
                $found += $match.Groups[1].Value
            }
            $values[$name] = $found
        }
    }
    return $values
}

# One INF of the medium: what it says of itself, and who signed its catalog, as far as Windows tells.
function Get-PackagedDriver($Inf) {
    $driver = New-Map
    $text = [System.IO.File]::ReadAllText($Inf.FullName)
    $driver['inf'] = $Inf.Name
    $driver['folder'] = $Inf.Directory.Name
    $driver['driver_ver'] = ''
    $driver['services'] = @()
    $catalog = ''
    foreach ($line in $text -split "`r?`n") {
        if ($line -match '^\s*DriverVer\s*=\s*([^;]*)') {
            $driver['driver_ver'] = $matches[1].Trim()
        } elseif ($line -match '^\s*AddService\s*=\s*([^,;\s]+)') {
            $driver['services'] += $matches[1]
        } elseif ($line -match '^\s*CatalogFile[^=]*=\s*([^;]*)') {
            $catalog = $matches[1].Trim()
        }
    }
    $driver['catalog'] = $catalog
    $driver['catalog_present'] = $false
    if ($catalog -ne '') {
        $driver['catalog_present'] = Test-Path -LiteralPath ([System.IO.Path]::Combine($Inf.DirectoryName, $catalog))
    }
    return $driver
}

function Get-PackagedDrivers([string]$Root, [string]$Architecture) {
    $folder = [System.IO.Path]::Combine($Root, 'drivers\' + $Architecture)
    $drivers = @()
    if (Test-Path -LiteralPath $folder) {
        foreach ($inf in @(Get-ChildItem -LiteralPath $folder -Recurse | Where-Object { $_.Extension -eq '.inf' })) {
            $drivers += (Get-PackagedDriver $inf)
        }
    }
    return , $drivers
}
