# SPDX-License-Identifier: MIT OR Apache-2.0
# Looks at how the guest tools are installed, changes nothing, and writes report.json and report.txt to
# C:\AeroGuestTools, or to %TEMP%\AeroGuestTools where that cannot be written. PowerShell 2.0, as in Windows 7.
# Exit status: 0 PASS, 1 WARN, 2 FAIL (also when the script itself could not go on).
param(
    [string]$PingTarget = '',
    [switch]$PlayTestSound,
    [switch]$RunDbgctl,
    [switch]$RunDbgctlSelftest
)

trap {
    Write-Host ('verify.ps1: line ' + $_.InvocationInfo.ScriptLineNumber + ': ' + $_.Exception.Message)
    exit 2
}
$ErrorActionPreference = 'Stop'
$toolVersion = '2.5.28'
$media = Split-Path -Parent $MyInvocation.MyCommand.Path
. ([System.IO.Path]::Combine($media, 'tools\report.ps1'))
. ([System.IO.Path]::Combine($media, 'tools\medium.ps1'))

$state = $env:SystemDrive + '\AeroGuestTools'
$control = 'HKLM:\SYSTEM\CurrentControlSet'
$architecture = 'x86'
if ($env:PROCESSOR_ARCHITECTURE -eq 'AMD64') {
    $architecture = 'amd64'
}
$started = (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ')
$manifest = $null
$configuration = @{}
$integrity = $null
$packaged = @()
$bound = @()

function Get-Value([string]$Key, [string]$Name) {
    $item = Get-ItemProperty -LiteralPath $Key -ErrorAction SilentlyContinue
    if ($null -eq $item) {
        return $null
    }
    return $item.$Name
}

function Get-StateLines([string]$Name) {
    $path = [System.IO.Path]::Combine($state, $Name)
    if (Test-Path -LiteralPath $path) {
        return , @(Get-Content -LiteralPath $path | Where-Object { $_ -ne '' })
    }
    return , @()
}

# -- Windows and the medium -----------------------------------------------------------------------------------------
Invoke-Check 'os' 'Windows' {
    $system = Get-WmiObject Win32_OperatingSystem
    $data = New-Map
    $data['caption'] = $system.Caption
    $data['version'] = $system.Version
    $data['service_pack'] = [int]$system.ServicePackMajorVersion
    $data['architecture'] = $architecture
    if (-not $system.Version.StartsWith('6.1.')) {
        return New-Finding 'FAIL' ('the drivers are for Windows 7, and this is ' + $system.Version) $data
    }
    if ($data['service_pack'] -lt 1) {
        return New-Finding 'WARN' 'Windows 7 without Service Pack 1' $data
    }
    return New-Finding 'PASS' ($system.Caption + ' ' + $system.Version + ', ' + $architecture) $data
}

Invoke-Check 'guest_tools_manifest' 'Files of the medium' {
    $script:manifest = Read-Manifest ([System.IO.Path]::Combine($media, 'manifest.json'))
    if ($null -eq $manifest) {
        return New-Finding 'WARN' 'there is no manifest.json'
    }
    $script:integrity = Test-Medium $media $manifest
    $bad = $integrity['missing'].Length + $integrity['damaged'].Length
    if ($bad -gt 0) {
        $names = $integrity['missing'] + $integrity['damaged']
        return New-Finding 'FAIL' ('' + $bad + ' files are missing or damaged') $integrity $names
    }
    return New-Finding 'PASS' ('all ' + $integrity['files'] + ' files are as in manifest.json') $integrity
}

Invoke-Check 'guest_tools_manifest_inputs' 'What the medium was made from' {
    if ($null -eq $manifest) {
        return New-Finding 'WARN' 'there is no manifest.json'
    }
    $package = $manifest['package']
    $data = New-Map
    $data['version'] = $package['version']
    $data['build_id'] = $package['build_id']
    $data['signing_policy'] = $manifest['signing_policy']
    $data['inputs'] = $manifest['inputs']
    return New-Finding 'PASS' ('version ' + $data['version'] + ', policy ' + $data['signing_policy']) $data
}

Invoke-Check 'extra_files_not_in_manifest' 'Files that the manifest does not list' {
    if ($null -eq $manifest) {
        return New-Finding 'WARN' 'there is no manifest.json'
    }
    $extra = Get-ExtraFiles $media $manifest
    if ($extra.Length -gt 0) {
        return New-Finding 'WARN' ('' + $extra.Length + ' files') $extra $extra
    }
    return New-Finding 'PASS' 'none'
}

Invoke-Check 'guest_tools_setup_state' 'What setup has recorded' {
    $data = New-Map
    foreach ($line in (Get-StateLines 'installed-media.txt')) {
        $name, $value = $line -split '=', 2
        $data[$name] = $value
    }
    foreach ($name in @('testsigning.enabled-by-aero.txt', 'nointegritychecks.enabled-by-aero.txt',
                        'storage-preseed.skipped.txt')) {
        $data[$name] = Test-Path -LiteralPath ([System.IO.Path]::Combine($state, $name))
    }
    if (-not $data.Contains('timestamp_local')) {
        return New-Finding 'WARN' 'setup.cmd has not been run, or has been undone' $data
    }
    return New-Finding 'PASS' ('set up ' + $data['timestamp_local']) $data
}

Invoke-Check 'guest_tools_config' 'Configuration' {
    $script:configuration = Read-Configuration ([System.IO.Path]::Combine($media, 'config\devices.cmd'))
    if (-not $configuration.ContainsKey('AERO_VIRTIO_BLK_SERVICE')) {
        return New-Finding 'FAIL' 'config\devices.cmd names no AERO_VIRTIO_BLK_SERVICE' $configuration
    }
    return New-Finding 'PASS' ('' + $configuration.Count + ' settings') $configuration
}

Invoke-Check 'packaged_drivers_summary' 'Drivers on the medium' {
    $script:packaged = Get-PackagedDrivers $media $architecture
    $without = @()
    foreach ($driver in $packaged) {
        if (-not $driver['catalog_present']) {
            $without += $driver['inf']
        }
    }
    if ($packaged.Length -eq 0) {
        return New-Finding 'FAIL' ('none for ' + $architecture)
    }
    if ($without.Length -gt 0) {
        return New-Finding 'WARN' ('' + $without.Length + ' packages have no catalog') $packaged $without
    }
    return New-Finding 'PASS' ('' + $packaged.Length + ' packages for ' + $architecture) $packaged
}

# -- trust ----------------------------------------------------------------------------------------------------------
Invoke-Check 'clock_sanity' 'Clock' {
    $year = (Get-Date).Year
    if ($year -lt 2012 -or $year -gt 2049) {
        return New-Finding 'WARN' ('the year is ' + $year + ': certificates may be out of their time') $year
    }
    return New-Finding 'PASS' ('the year is ' + $year) $year
}

# Without these updates Windows 7 SP1 knows no SHA-2 signatures of kernel drivers. The medium's are SHA-1 by default.
$hotfixes = @(Get-WmiObject Win32_QuickFixEngineering -ErrorAction SilentlyContinue | ForEach-Object { $_.HotFixID })
foreach ($update in @('KB3033929', 'KB4474419', 'KB4490628')) {
    Invoke-Check $update.ToLower() ('Update ' + $update) {
        if ($hotfixes -contains $update) {
            return New-Finding 'PASS' 'installed' $true
        }
        return New-Finding 'PASS' 'not installed: drivers with nothing but a SHA-2 signature would be refused' $false
    }
}

Invoke-Check 'certificate_store' 'Certificates' {
    $missing = @()
    $lines = Get-StateLines 'installed-certs.txt'
    foreach ($line in $lines) {
        $store, $digest, $file = $line -split ' ', 3
        if (-not (Test-Path -LiteralPath ('cert:\LocalMachine\' + $store + '\' + $digest.ToUpper()))) {
            $missing += $file + ' is not in ' + $store
        }
    }
    if ($missing.Length -gt 0) {
        return New-Finding 'FAIL' ('' + $missing.Length + ' certificates that setup has added are gone') $lines $missing
    }
    return New-Finding 'PASS' ('' + $lines.Length + ' added by setup, all there') $lines
}

Invoke-Check 'driver_packages' 'Driver store' {
    $missing = @()
    $lines = Get-StateLines 'installed-driver-packages.txt'
    foreach ($line in $lines) {
        $oem = ($line -split ' ', 3)[0]
        if (-not (Test-Path -LiteralPath ($env:SystemRoot + '\inf\' + $oem))) {
            $missing += $line
        }
    }
    if ($missing.Length -gt 0) {
        return New-Finding 'WARN' ('' + $missing.Length + ' packages that setup has added are gone') $lines $missing
    }
    return New-Finding 'PASS' ('' + $lines.Length + ' added by setup, all there') $lines
}

Invoke-Check 'signature_mode' 'Signature checks' {
    $data = New-Map
    $options = [string](Get-Value ($control + '\Control') 'SystemStartOptions')
    $data['start_options'] = $options
    $data['testsigning'] = $options -match 'TESTSIGNING'
    $data['nointegritychecks'] = $options -match 'DISABLE_INTEGRITY_CHECKS|NOINTEGRITYCHECKS'
    $policy = ''
    foreach ($line in (Get-StateLines 'installed-media.txt')) {
        if ($line -match '^effective_SIGNING_POLICY=(.*)$') {
            $policy = $matches[1]
        }
    }
    $data['policy'] = $policy
    if ($policy -eq 'test' -and $architecture -eq 'amd64' -and -not $data['testsigning']) {
        return New-Finding 'FAIL' 'test-signed drivers, and Windows has not started in test mode' $data
    }
    if ($data['nointegritychecks']) {
        return New-Finding 'WARN' 'Windows has started without integrity checks' $data
    }
    return New-Finding 'PASS' ('test mode: ' + $data['testsigning']) $data
}

# -- devices --------------------------------------------------------------------------------------------------------
# Windows' own view of the devices that config\devices.cmd names.
function Get-BoundDevices {
    $devices = @()
    $all = @(Get-WmiObject Win32_PnPEntity)
    foreach ($name in @($configuration.Keys | Where-Object { $_ -like '*_HWIDS' } | Sort-Object)) {
        $service = @($configuration[($name -replace '_HWIDS$', '_SERVICE')])[0]
        foreach ($device in $all) {
            $hits = @($configuration[$name] | Where-Object { $device.DeviceID -like ($_ + '*') })
            if ($hits.Length -gt 0) {
                $entry = New-Map
                $entry['variable'] = $name
                $entry['device'] = $device.DeviceID
                $entry['name'] = $device.Name
                $entry['service'] = [string]$device.Service
                $entry['expected_service'] = $service
                $entry['problem'] = [int]$device.ConfigManagerErrorCode
                $devices += $entry
            }
        }
    }
    return , $devices
}

Invoke-Check 'installed_driver_binding_summary' 'Devices and their drivers' {
    $script:bound = Get-BoundDevices
    $wrong = @()
    foreach ($entry in $bound) {
        if ($entry['problem'] -ne 0) {
            $wrong += $entry['device'] + ': problem code ' + $entry['problem']
        } elseif ($entry['service'] -ne $entry['expected_service']) {
            $wrong += $entry['device'] + ': driver ' + $entry['service'] + ', not ' + $entry['expected_service']
        }
    }
    if ($bound.Length -eq 0) {
        return New-Finding 'WARN' 'no device of the configuration is here' $bound
    }
    if ($wrong.Length -gt 0) {
        return New-Finding 'FAIL' ('' + $wrong.Length + ' of ' + $bound.Length + ' devices do not work') $bound $wrong
    }
    return New-Finding 'PASS' ('all ' + $bound.Length + ' devices work') $bound
}

Invoke-Check 'virtio_blk_service' 'Storage service' {
    $service = @($configuration['AERO_VIRTIO_BLK_SERVICE'])[0]
    $key = $control + '\Services\' + $service
    $data = New-Map
    foreach ($name in @('Type', 'Start', 'ErrorControl', 'Group', 'ImagePath')) {
        $data[$name] = Get-Value $key $name
    }
    if ($null -eq $data['ImagePath']) {
        return New-Finding 'WARN' ('there is no service ' + $service) $data
    }
    $file = [System.IO.Path]::Combine($env:SystemRoot, ([string]$data['ImagePath'] -replace '^\\SystemRoot\\', ''))
    if (-not (Test-Path -LiteralPath $file)) {
        return New-Finding 'FAIL' ('there is no ' + $file) $data
    }
    if ($data['Start'] -ne 0) {
        return New-Finding 'WARN' ('Start is ' + $data['Start'] + ': Windows cannot start from a virtio disk') $data
    }
    return New-Finding 'PASS' ($service + ' is started by the boot loader') $data
}

Invoke-Check 'virtio_blk_boot_critical' 'Starting from a virtio disk' {
    $service = @($configuration['AERO_VIRTIO_BLK_SERVICE'])[0]
    $data = New-Map
    $bare = ''
    $wanted = @($configuration['AERO_VIRTIO_BLK_HWIDS'])
    if ([string]$wanted[0] -match '^([^&]+&[^&]+)') {
        $bare = $matches[1]
    }
    foreach ($id in @($bare) + $wanted + @(($bare + '&CC_010000'), ($bare + '&CC_0100'))) {
        $key = $control + '\Control\CriticalDeviceDatabase\' + $id.Replace('\', '#')
        $data[$id] = [string](Get-Value $key 'Service')
    }
    if ($data[$bare] -ne $service) {
        return New-Finding 'WARN' 'not prepared: the key of vendor and device is missing or names another service' $data
    }
    return New-Finding 'PASS' ('prepared for ' + $bare) $data
}

function Get-Devices([string]$Prefix) {
    return , @($bound | Where-Object { $null -ne $_ -and $_['variable'] -like ($Prefix + '*') })
}

Invoke-Check 'smoke_disk' 'Disk' {
    $path = [System.IO.Path]::GetTempFileName()
    $text = [System.Guid]::NewGuid().ToString()
    [System.IO.File]::WriteAllText($path, $text)
    $same = [System.IO.File]::ReadAllText($path) -eq $text
    [System.IO.File]::Delete($path)
    $disks = @(Get-WmiObject Win32_DiskDrive | ForEach-Object { $_.Model })
    if (-not $same) {
        return New-Finding 'FAIL' 'a file did not come back as it was written' $disks
    }
    return New-Finding 'PASS' ('a file was written and read; disks: ' + [string]::Join(', ', $disks)) $disks
}

Invoke-Check 'smoke_network' 'Network' {
    $configured = @(Get-WmiObject Win32_NetworkAdapterConfiguration -Filter 'IPEnabled = TRUE')
    $adapters = @($configured | ForEach-Object { $_.Description })
    if ($adapters.Length -eq 0) {
        return New-Finding 'WARN' 'no adapter has an address'
    }
    if ($PingTarget -ne '' -and -not (Test-Connection -ComputerName $PingTarget -Count 2 -Quiet)) {
        return New-Finding 'FAIL' ($PingTarget + ' does not answer') $adapters
    }
    return New-Finding 'PASS' ([string]::Join(', ', $adapters)) $adapters
}

Invoke-Check 'smoke_graphics' 'Graphics' {
    $names = @(Get-WmiObject Win32_VideoController | ForEach-Object { $_.Name })
    if ($names.Length -eq 0) {
        return New-Finding 'WARN' 'no graphics adapter'
    }
    return New-Finding 'PASS' ([string]::Join(', ', $names)) $names
}

Invoke-Check 'smoke_audio' 'Sound' {
    $names = @(Get-WmiObject Win32_SoundDevice | ForEach-Object { $_.Name })
    if ($names.Length -eq 0) {
        return New-Finding 'WARN' 'no sound device'
    }
    if ($PlayTestSound) {
        $player = New-Object System.Media.SoundPlayer ($env:SystemRoot + '\Media\ding.wav')
        $player.PlaySync()
        return New-Finding 'PASS' ('a sound was played: ' + [string]::Join(', ', $names)) $names
    }
    return New-Finding 'PASS' ([string]::Join(', ', $names)) $names
}

Invoke-Check 'smoke_input' 'Keyboard and mouse' {
    $devices = Get-Devices 'AERO_VIRTIO_INPUT'
    $keyboards = @(Get-WmiObject Win32_Keyboard).Length
    $mice = @(Get-WmiObject Win32_PointingDevice).Length
    $summary = '' + $keyboards + ' keyboards, ' + $mice + ' pointing devices'
    if ($keyboards -eq 0 -or $mice -eq 0) {
        return New-Finding 'WARN' $summary $devices
    }
    return New-Finding 'PASS' $summary $devices
}

Invoke-Check 'aerogpu_device' 'Aero GPU' {
    $devices = Get-Devices 'AERO_GPU'
    if ($devices.Length -eq 0) {
        return New-Finding 'PASS' 'not here' $devices
    }
    return New-Finding 'PASS' ([string]$devices[0]['name']) $devices
}

foreach ($run in @(@('aerogpu_dbgctl', [bool]$RunDbgctl, '--status'),
                   @('aerogpu_dbgctl_selftest', [bool]$RunDbgctlSelftest, '--selftest'))) {
    Invoke-Check $run[0] ('Aero GPU debugging tool ' + $run[2]) {
        $tool = [System.IO.Path]::Combine($media, 'tools\aerogpu_dbgctl.exe')
        if (-not $run[1]) {
            return New-Finding 'PASS' 'not asked for'
        }
        if (-not (Test-Path -LiteralPath $tool)) {
            return New-Finding 'WARN' 'the medium has no tools\aerogpu_dbgctl.exe'
        }
        $output = @(& $tool $run[2])
        if ($LASTEXITCODE -ne 0) {
            return New-Finding 'FAIL' ('exit status ' + $LASTEXITCODE) $null $output
        }
        return New-Finding 'PASS' 'exit status 0' $null $output
    }
}

# -- the report -----------------------------------------------------------------------------------------------------
$verdict = Get-Verdict
$report = New-Map
$tool = New-Map
$tool['name'] = 'aero-guest-tools-verify'
$tool['version'] = $toolVersion
$report['schema_version'] = 1
$report['tool'] = $tool
$report['started_utc'] = $started
$report['overall'] = @('PASS', 'WARN', 'FAIL')[$verdict]
$report['media_integrity'] = $integrity
$report['packaged_drivers_summary'] = $packaged
$report['installed_driver_binding_summary'] = $bound
$report['aerogpu'] = Get-Devices 'AERO_GPU'
$report['checks'] = $Checks
try {
    Write-Report $state $report
} catch {
    $state = $env:TEMP + '\AeroGuestTools'
    [void][System.IO.Directory]::CreateDirectory($state)
    Write-Report $state $report
}
Write-Host ('overall: ' + $report['overall'] + ', see ' + $state + '\report.json')
exit $verdict
