# SPDX-License-Identifier: MIT OR Apache-2.0
# What verify.ps1 notes and how it is written: checks in order, as JSON and as text. PowerShell 2.0 has nothing that
# writes JSON, no ordered hash literal, and runs a foreach over $null once: hence the @() around what may be nothing.

function New-Map {
    return New-Object System.Collections.Specialized.OrderedDictionary
}

$script:Checks = New-Map

# A check is a block that returns a map with status (PASS, WARN or FAIL), summary, and maybe data and details. One that
# throws has found out nothing, and says so.
function Invoke-Check([string]$Key, [string]$Title, [scriptblock]$Body) {
    $check = New-Map
    $check['title'] = $Title
    $found = $null
    try {
        $found = & $Body
    } catch {
        $found = New-Finding 'WARN' ('could not be checked: ' + $_.Exception.Message)
    }
    foreach ($part in @('status', 'summary', 'data', 'details')) {
        $check[$part] = $found[$part]
    }
    $script:Checks[$Key] = $check
    Write-Host ('{0,-5} {1}: {2}' -f $check['status'], $Title, $check['summary'])
}

function New-Finding([string]$Status, [string]$Summary, $Data, $Details) {
    $found = New-Map
    $found['status'] = $Status
    $found['summary'] = $Summary
    $found['data'] = $Data
    $found['details'] = @($Details | Where-Object { $null -ne $_ })
    return $found
}

# The worst of all: 0 PASS, 1 WARN, 2 FAIL.
function Get-Verdict {
    $worst = 0
    foreach ($key in @($script:Checks.Keys)) {
        $status = $script:Checks[$key]['status']
        if ($status -eq 'FAIL') {
            $worst = 2
        } elseif ($status -ne 'PASS' -and $worst -lt 1) {
            $worst = 1
        }
    }
    return $worst
}

function ConvertTo-Quoted([string]$Text) {
    $quoted = New-Object System.Text.StringBuilder
    foreach ($character in $Text.ToCharArray()) {
        $code = [int]$character
        if ($code -eq 34 -or $code -eq 92) {
            [void]$quoted.Append('\').Append($character)
        } elseif ($code -lt 32 -or $code -gt 126) {
            [void]$quoted.Append(('\u{0:x4}' -f $code))
        } else {
            [void]$quoted.Append($character)
        }
    }
    return '"' + $quoted.ToString() + '"'
}

function ConvertTo-JsonText($Value, [string]$Indent) {
    $deeper = $Indent + '  '
    $parts = @()
    # Not the other way round: an array compared with $null is searched for it.
    if ($null -eq $Value) {
        return 'null'
    }
    if ($Value -is [bool]) {
        return $Value.ToString().ToLower()
    }
    if ($Value -is [int] -or $Value -is [long] -or $Value -is [uint32] -or $Value -is [uint64] -or
        $Value -is [decimal] -or $Value -is [double]) {
        return $Value.ToString([System.Globalization.CultureInfo]::InvariantCulture)
    }
    if ($Value -is [System.Collections.IDictionary]) {
        foreach ($key in @($Value.Keys)) {
            $parts += $deeper + (ConvertTo-Quoted ([string]$key)) + ': ' + (ConvertTo-JsonText $Value[$key] $deeper)
        }
        if ($parts.Length -eq 0) {
            return '{}'
        }
        return "{`r`n" + [string]::Join(",`r`n", $parts) + "`r`n" + $Indent + '}'
    }
    if ($Value -is [array] -or $Value -is [System.Collections.ArrayList]) {
        foreach ($item in $Value) {
            $parts += $deeper + (ConvertTo-JsonText $item $deeper)
        }
        if ($parts.Length -eq 0) {
            return '[]'
        }
        return "[`r`n" + [string]::Join(",`r`n", $parts) + "`r`n" + $Indent + ']'
    }
    return ConvertTo-Quoted ([string]$Value)
}

function Write-Report([string]$Folder, $Report) {
    $lines = @()
    foreach ($key in @($script:Checks.Keys)) {
        $check = $script:Checks[$key]
        $lines += '{0,-5} {1}: {2}' -f $check['status'], $check['title'], $check['summary']
        foreach ($detail in @($check['details'])) {
            $lines += '      ' + $detail
        }
    }
    $lines += 'overall: ' + $Report['overall']
    $encoding = New-Object System.Text.UTF8Encoding($false)
    $json = [System.IO.Path]::Combine($Folder, 'report.json')
    [System.IO.File]::WriteAllText($json, (ConvertTo-JsonText $Report '') + "`r`n", $encoding)
    $text = [System.IO.Path]::Combine($Folder, 'report.txt')
    [System.IO.File]::WriteAllText($text, [string]::Join("`r`n", $lines) + "`r`n", $encoding)
}
