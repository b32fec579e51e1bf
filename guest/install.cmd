@echo off
rem SPDX-License-Identifier: MIT OR Apache-2.0
rem Installs the drivers of this pack, win7\ARCH\*\*.inf, in a running Windows 7, for the architecture it runs on.
rem Exit status: 0 all packages are in the driver store, 1 not (the reason is printed).
rem Written for cmd.exe and Wine's cmd alike: no double bars or ampersands, no quoted wildcards in "for".
setlocal
set "ERRORLEVEL="
set "media=%~dp0"
set "sys=%SystemRoot%\System32"
set "quiet="
set "nocerts="
set "stageonly="
set "state=1"

:next_option
if "%~1"=="" goto options_known
if "%~1"=="/?" goto usage
set "known="
for %%O in (quiet nocerts stageonly) do (
    if /i "%~1"=="/%%O" set "%%O=1"
    if /i "%~1"=="/%%O" set "known=1"
)
if not defined known goto bad_option
shift
goto next_option

:usage
echo install.cmd [/quiet] [/nocerts] [/stageonly]
echo   Installs the drivers of this pack in Windows 7; run it as administrator.
echo   /quiet      no questions, no pause at the end; certificates in certs\ are trusted
echo   /nocerts    leave the certificates alone
echo   /stageonly  add the drivers to the driver store, for devices that come later; install on none now
echo   Exit status: 0 all packages are in the driver store, 1 not.
exit /b 0

:bad_option
>&2 echo install.cmd: unknown option %1, see install.cmd /?
exit /b 1

:options_known
rem A 32-bit cmd.exe on 64-bit Windows is shown SysWOW64 for System32, and pnputil is not there.
if not defined PROCESSOR_ARCHITEW6432 goto native
if defined AERO_NATIVE goto native
set "AERO_NATIVE=1"
set "options="
for %%O in (quiet nocerts stageonly) do if defined %%O call :add_option %%O
"%SystemRoot%\Sysnative\cmd.exe" /c call "%~f0"%options%
set "status=%errorlevel%"
exit /b %status%
:add_option
set "options=%options% /%1"
exit /b 0

:native
set "cpu=%PROCESSOR_ARCHITECTURE%"
if defined PROCESSOR_ARCHITEW6432 set "cpu=%PROCESSOR_ARCHITEW6432%"
set "arch="
if /i "%cpu%"=="AMD64" set "arch=amd64"
if /i "%cpu%"=="x86" set "arch=x86"
if defined arch goto architecture_known
>&2 echo install.cmd: there are drivers for x86 and amd64, and this is "%cpu%"
goto finish
:architecture_known

set "version="
set "key=HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
for /f "tokens=3" %%V in ('%sys%\reg.exe query "%key%" /v CurrentVersion') do set "version=%%V"
if "%version%"=="6.1" goto version_known
>&2 echo install.cmd: these drivers are for Windows 7 (6.1), and this is %version%
goto finish
:version_known
"%sys%\fltmc.exe" >nul 2>&1
if "%errorlevel%"=="0" goto administrator
>&2 echo install.cmd: not an administrator: right-click install.cmd, "Run as administrator"
goto finish
:administrator
if exist "%media%win7\%arch%\" goto drivers_there
>&2 echo install.cmd: there is no folder "%media%win7\%arch%"
goto finish
:drivers_there

set "certificates="
set "count=0"
set "failures=0"
set "restart="
if defined nocerts goto certificates_done
for /f "delims=" %%F in ('dir /b /a-d /on "%media%certs\*.cer" 2^>nul') do set "certificates=1"
if not defined certificates goto certificates_done
if defined quiet goto certificates_wanted
echo The drivers are signed with a certificate that Windows does not know, in certs\. If it is trusted, as a root and as
echo a publisher, Windows trusts whatever else is signed with its key.
call :ask "Trust it?"
if errorlevel 1 goto certificates_done
:certificates_wanted
for /f "delims=" %%F in ('dir /b /a-d /on "%media%certs\*.cer" 2^>nul') do (
    set "file=%%F"
    call :trust
)
:certificates_done

for /f "delims=" %%F in ('dir /b /s /a-d /on "%media%win7\%arch%\*.inf" 2^>nul') do (
    set "inf=%%F"
    set "name=%%~nxF"
    call :package
)
echo.
echo Packages for %arch%: %count%
for /l %%N in (1,1,%count%) do call :show %%N
if "%count%"=="0" goto nothing_there
if not "%failures%"=="0" goto failed
set "state=0"
if defined restart echo Windows has to be restarted before all of them work.
goto finish
:nothing_there
>&2 echo install.cmd: there is no .inf file below "%media%win7\%arch%"
goto finish
:failed
>&2 echo install.cmd: %failures% step(s) failed, see above

:finish
rem Explorer starts a script with a doubled quote; its window would close before anybody has read it.
if defined quiet goto end
set "line=-"
if defined cmdcmdline set "line=%cmdcmdline:"='%"
if not "%line:''=%"=="%line%" pause
:end
exit /b %state%

:ask
set "reply=-"
set /p "reply=%~1 [y/N] "
if /i "%reply:~0,1%"=="y" exit /b 0
exit /b 1

:trust
for %%S in (Root TrustedPublisher) do call :trust_in %%S
exit /b 0
:trust_in
"%sys%\certutil.exe" -addstore -f %1 "%media%certs\%file%"
set "status=%errorlevel%"
if "%status%"=="0" exit /b 0
>&2 echo install.cmd: certutil could not add "%file%" to %1 (exit status %status%)
set /a failures+=1
exit /b 0

rem pnputil publishes a package as %SystemRoot%\inf\oemN.inf; its words are translated, so the new file tells the name.
:package
rem "*.inf" finds by short names as well.
if /i not "%name:~-4%"==".inf" exit /b 0
set /a count+=1
for /f "delims=" %%F in ('dir /b /a-d "%SystemRoot%\inf\oem*.inf" 2^>nul') do set "had_%%F=1"
set "action=-i -a"
if defined stageonly set "action=-a"
"%sys%\pnputil.exe" %action% "%inf%"
set "status=%errorlevel%"
set "oem="
for /f "delims=" %%F in ('dir /b /a-d "%SystemRoot%\inf\oem*.inf" 2^>nul') do if not defined had_%%F set "oem=%%F"
set "word=failed, exit status %status%"
if "%status%"=="0" set "word=installed"
if "%status%"=="0" if defined stageonly set "word=in the driver store"
rem ERROR_NO_MORE_ITEMS: in the driver store, and no device wants it or the device has this driver or a better one.
if "%status%"=="259" set "word=in the driver store; no device here needs it now"
rem ERROR_SUCCESS_REBOOT_REQUIRED
if "%status%"=="3010" set "word=installed, restart needed"
if "%status%"=="3010" set "restart=1"
if "%word:~0,6%"=="failed" set /a failures+=1
set "undo="
if defined oem set "undo= (to undo: pnputil -d %oem%)"
set "result_%count%=%name%: %word%%undo%"
exit /b 0

:show
setlocal enabledelayedexpansion
echo   !result_%1!
endlocal
exit /b 0
