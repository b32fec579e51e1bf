@echo off
rem SPDX-License-Identifier: MIT OR Apache-2.0
rem Runs verify.ps1, which looks at how the guest tools are installed and writes report.json and report.txt.
rem Options are passed on: -PingTarget HOST, -PlayTestSound, -RunDbgctl, -RunDbgctlSelftest.
rem Exit status: 0 PASS, 1 WARN, 2 FAIL; also 2 when verify.ps1 or PowerShell is missing or did not come to an end.
setlocal
set "ERRORLEVEL="
set "script=%~dp0verify.ps1"
if "%~1"=="/?" goto usage
set "folder=System32"
rem A 32-bit cmd.exe on 64-bit Windows would start the 32-bit PowerShell, which is shown the wrong registry and drivers.
if defined PROCESSOR_ARCHITEW6432 set "folder=Sysnative"
set "powershell=%SystemRoot%\%folder%\WindowsPowerShell\v1.0\powershell.exe"
if exist "%script%" goto script_there
>&2 echo verify.cmd: there is no "%script%"
exit /b 2
:script_there
if exist "%powershell%" goto powershell_there
>&2 echo verify.cmd: there is no "%powershell%"
exit /b 2
:powershell_there
"%powershell%" -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "%script%" %*
set "status=%errorlevel%"
for %%N in (0 1 2) do if "%status%"=="%%N" exit /b %%N
>&2 echo verify.cmd: PowerShell ended with exit status %status%
exit /b 2

:usage
echo verify.cmd [-PingTarget HOST] [-PlayTestSound] [-RunDbgctl] [-RunDbgctlSelftest]
echo   Checks the installation of the guest tools; writes report.json and report.txt to C:\AeroGuestTools.
echo   Exit status: 0 PASS, 1 WARN, 2 FAIL.
exit /b 0
