@echo off
rem SPDX-License-Identifier: MIT OR Apache-2.0
rem Turns test signing on for the Windows that is running: 64-bit Windows 7 then loads drivers that are signed with a
rem certificate of one's own. It takes effect at the next start, and the desktop says "Test Mode" from then on.
rem Exit status: 0 test signing is on, 1 not (the reason is printed).
setlocal
set "ERRORLEVEL="
set "sys=%SystemRoot%\System32"
set "quiet="
set "noreboot="
set "state=1"

:next_option
if "%~1"=="" goto options_known
if "%~1"=="/?" goto usage
set "known="
for %%O in (quiet noreboot) do (
    if /i "%~1"=="/%%O" set "%%O=1"
    if /i "%~1"=="/%%O" set "known=1"
)
if not defined known goto bad_option
shift
goto next_option

:usage
echo enable-testsigning.cmd [/quiet] [/noreboot]
echo   Lets 64-bit Windows 7 load test-signed drivers from its next start on; run it as administrator.
echo   /quiet     no questions: restarts at once, unless /noreboot is given too
echo   /noreboot  do not restart
echo   To undo: bcdedit /set testsigning off
echo   Exit status: 0 test signing is on, 1 not.
exit /b 0

:bad_option
>&2 echo enable-testsigning.cmd: unknown option %1, see enable-testsigning.cmd /?
exit /b 1

:options_known
rem A 32-bit cmd.exe on 64-bit Windows is shown SysWOW64 for System32, and bcdedit is not there.
if not defined PROCESSOR_ARCHITEW6432 goto native
if defined AERO_NATIVE goto native
set "AERO_NATIVE=1"
set "options="
for %%O in (quiet noreboot) do if defined %%O call :add_option %%O
"%SystemRoot%\Sysnative\cmd.exe" /c call "%~f0"%options%
set "status=%errorlevel%"
exit /b %status%
:add_option
set "options=%options% /%1"
exit /b 0

:native
"%sys%\fltmc.exe" >nul 2>&1
if "%errorlevel%"=="0" goto administrator
>&2 echo enable-testsigning.cmd: not an administrator: right-click enable-testsigning.cmd, "Run as administrator"
goto finish
:administrator
echo Test signing: this Windows will load drivers signed with any certificate that it has been told to trust.
"%sys%\bcdedit.exe" /set {current} testsigning on
set "status=%errorlevel%"
if "%status%"=="0" goto turned_on
>&2 echo enable-testsigning.cmd: bcdedit could not turn test signing on (exit status %status%)
goto finish
:turned_on
set "state=0"
echo Test signing is on from the next start of Windows.
if defined noreboot goto finish
if defined quiet goto restart
set "reply=-"
set /p "reply=Restart now? [y/N] "
if /i not "%reply:~0,1%"=="y" goto finish
:restart
"%sys%\shutdown.exe" /r /t 5 /c "Test signing was turned on"
set "status=%errorlevel%"
if "%status%"=="0" goto finish
set "state=1"
>&2 echo enable-testsigning.cmd: Windows could not be restarted (exit status %status%): restart it yourself

:finish
rem Explorer starts a script with a doubled quote; its window would close before anybody has read it.
if defined quiet goto end
set "line=-"
if defined cmdcmdline set "line=%cmdcmdline:"='%"
if not "%line:''=%"=="%line%" pause
:end
exit /b %state%
