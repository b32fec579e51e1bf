@echo off
rem SPDX-License-Identifier: MIT OR Apache-2.0
rem Prepares a running Windows 7 for Aero's devices: certificates, test signing, driver packages, and what it takes to
rem start from a virtio disk. What was there before is recorded before it is changed, in HKLM\SOFTWARE\AeroGuestTools,
rem which only administrators write, and in C:\AeroGuestTools; uninstall.cmd restores it.
rem Exit status: 0 done; 1 failed; 10 not an administrator; 11 the medium has no drivers for this Windows;
rem 12 certificates; 13 the medium's storage driver is not the one that its configuration names; 14 medium damaged.
rem Written for cmd.exe and Wine's cmd alike: no double bars or ampersands, no quoted wildcards in "for", no block after
rem "do if", no loop over a loop variable, no "exit" in a block, no "exit /b %errorlevel%". A value never stands in
rem quotes inside quotes, where an ampersand in it would split the line.
setlocal
set "ERRORLEVEL="
set "program=setup.cmd"
set "media=%~dp0"
set "tools=%media%tools"
set "sys=%SystemRoot%\System32"
set "state=%SystemDrive%\AeroGuestTools"
set "record=HKLM\SOFTWARE\AeroGuestTools"
set "control=HKLM\SYSTEM\CurrentControlSet"
set "scsi_adapter={4D36E97B-E325-11CE-BFC1-08002BE10318}"
set "log="
set "restart="
set "forced_policy="
set "flags=check validate force quiet stageonly testsigning forcetestsigning notestsigning nointegritychecks"
set "flags=%flags% installcerts noreboot skipstorage verify-media"
for %%O in (%flags%) do set "opt_%%O="

:next_option
if "%~1"=="" goto options_known
if "%~1"=="/?" goto usage
set "known="
set "option=%~1"
for %%O in (%flags%) do (
    if /i "%~1"=="/%%O" set "opt_%%O=1"
    if /i "%~1"=="/%%O" set "known=1"
)
if /i not "%option:~0,20%"=="/forcesigningpolicy:" goto option_read
set "forced_policy=%option:~20%"
if defined forced_policy set "known=1"
:option_read
if not defined known goto bad_option
shift
goto next_option

:usage
echo setup.cmd [options]: prepares Windows 7 for Aero's devices; run it as administrator.
echo   /check, /validate     change nothing, say what would be done; log in %%TEMP%%\AeroGuestToolsCheck\install.log
echo   /force, /quiet        no questions; restarts at the end where that is needed; /quiet prints errors only
echo   /stageonly            add the drivers to the driver store, install them on no device now
echo   /testsigning          turn test signing on, on x86 too, if the medium's signing policy is test
echo   /forcetestsigning     turn test signing on whatever the policy is
echo   /notestsigning        leave test signing alone
echo   /nointegritychecks    turn nointegritychecks on in the boot configuration
echo   /forcesigningpolicy:P policy P (test, production or none) instead of the medium's
echo   /installcerts         trust the medium's certificates even if the policy needs none
echo   /noreboot             do not restart
echo   /skipstorage          do not prepare starting from a virtio disk
echo   /verify-media         compare every file of the medium with manifest.json first
echo   Exit status: 0 done; 1 failed; 10 not an administrator; 11 no drivers; 12 certificates; 13 storage driver is not
echo   the configured one; 14 medium damaged. Undone by uninstall.cmd.
exit /b 0

:bad_option
>&2 echo setup.cmd: unknown option %1, see setup.cmd /?
exit /b 1

:options_known
rem A 32-bit cmd.exe on 64-bit Windows is shown SysWOW64 for System32, and pnputil and bcdedit are not there.
if not defined PROCESSOR_ARCHITEW6432 goto native
if defined AERO_NATIVE goto native
set "AERO_NATIVE=1"
set "options="
for %%O in (%flags%) do if defined opt_%%O call :add_option %%O
if defined forced_policy call :add_option forcesigningpolicy:%forced_policy%
"%sys:System32=Sysnative%\cmd.exe" /c call "%~f0"%options%
set "status=%errorlevel%"
exit /b %status%
:add_option
set "options=%options% /%1"
exit /b 0

:native
if defined opt_validate set "opt_check=1"
set "unattended=%opt_force%%opt_quiet%"
set "fault=1"
set "policy="
if not defined forced_policy goto policy_given
call "%tools%\medium.cmd" policy "%forced_policy%"
set "text=/forcesigningpolicy: there is no policy %forced_policy%, but test, production and none"
if not defined policy goto fail
set "forced_policy=%policy%"
:policy_given

set "cpu=%PROCESSOR_ARCHITECTURE%"
if defined PROCESSOR_ARCHITEW6432 set "cpu=%PROCESSOR_ARCHITEW6432%"
set "arch="
if /i "%cpu%"=="AMD64" set "arch=amd64"
if /i "%cpu%"=="x86" set "arch=x86"
set "text=there are drivers for x86 and amd64, and this is %cpu%"
if not defined arch goto fail
set "version="
set "key=HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
for /f "tokens=3" %%V in ('%sys%\reg.exe query "%key%" /v CurrentVersion') do set "version=%%V"
set "text=the drivers are for Windows 7 (6.1), and this is %version%"
if not "%version%"=="6.1" goto fail
"%sys%\fltmc.exe" >nul 2>&1
set "status=%errorlevel%"
set "fault=10"
set "text=not an administrator: right-click setup.cmd, Run as administrator"
if not "%status%"=="0" goto fail

set "fault=1"
set "text="
if defined opt_check goto open_check
call "%tools%\state.cmd" open
if errorlevel 1 goto fail
set "log=%state%\install.log"
goto opened
:open_check
set "state=%TEMP%\AeroGuestToolsCheck"
if not exist "%state%\" md "%state%"
set "log=%state%\install.log"
>"%log%" echo check on %date% %time%
set "status=%errorlevel%"
set "text=the log %log% cannot be written"
if not "%status%"=="0" goto fail
:opened
set "work=%state%\work.txt"
set "text=setup.cmd from %media% on %date% %time%, %arch%"
call "%tools%\words.cmd" note

rem What the medium is and whether it can be used: nothing but the state folder is changed before all of this is known.
call "%tools%\medium.cmd" configuration
if errorlevel 1 goto fail
call "%tools%\medium.cmd" manifest
if errorlevel 1 goto fail
if not defined opt_verify-media goto media_verified
set "fault=14"
call "%tools%\medium.cmd" verify
if errorlevel 1 goto fail
:media_verified
set "fault=11"
call "%tools%\medium.cmd" packages
if errorlevel 1 goto fail
set "fault=12"
call "%tools%\medium.cmd" certificates
if errorlevel 1 goto fail
set "fault=13"
if not defined opt_skipstorage call "%tools%\medium.cmd" storage
if errorlevel 1 goto fail
set "fault=1"
call "%tools%\boot.cmd" plan
if errorlevel 1 goto fail
call :say_plan
if defined opt_check goto checked
if defined unattended goto agreed
call "%tools%\words.cmd" ask "Go on?"
if not errorlevel 1 goto agreed
set "text=nothing was done"
goto fail

:checked
set "text=check: nothing was changed"
call "%tools%\words.cmd" say
goto end

:agreed
call :write_media_state
if errorlevel 1 goto fail
set "fault=12"
call "%tools%\certificates.cmd" trust_all
if errorlevel 1 goto fail
set "fault=1"
if defined want_testsigning call "%tools%\boot.cmd" turn_on testsigning
if errorlevel 1 goto fail
if defined opt_nointegritychecks call "%tools%\boot.cmd" turn_on nointegritychecks
if errorlevel 1 goto fail
call "%tools%\packages.cmd" stage_all
if errorlevel 1 goto fail
call "%tools%\storage.cmd" prepare
if errorlevel 1 goto fail
if defined opt_stageonly goto installed
call "%tools%\packages.cmd" install_all
if errorlevel 1 goto fail
:installed
if exist "%work%" del "%work%"
set "text=done"
call "%tools%\words.cmd" say
if not defined restart goto end
set "text=Windows has to be restarted before everything works"
call "%tools%\words.cmd" say
if defined opt_noreboot goto end
if defined unattended goto reboot
call "%tools%\words.cmd" ask "Restart now?"
if errorlevel 1 goto end
:reboot
"%sys%\shutdown.exe" /r /t 10 /c "Aero guest tools"
set "status=%errorlevel%"
set "text=everything is installed, but Windows could not be restarted (exit status %status%): restart it"
if not "%status%"=="0" goto fail
:end
call "%tools%\words.cmd" pause_in_explorer
exit /b 0

:fail
if defined text call "%tools%\words.cmd" complain
set "text=uninstall.cmd undoes what has been done so far"
if exist "%state%\installed-media.txt" call "%tools%\words.cmd" complain
call "%tools%\words.cmd" pause_in_explorer
exit /b %fault%

:say_plan
set "text=to do: add the drivers in %packages% to the driver store"
if not defined opt_stageonly set "text=%text% and install them"
call "%tools%\words.cmd" say
set "text=to do: trust the certificates in %media%certs, as roots and as publishers"
if defined want_certificates call "%tools%\words.cmd" say
set "text=to do: turn test signing on (it is %before_testsigning%)"
if defined want_testsigning if not "%before_testsigning%"=="on" call "%tools%\words.cmd" say
set "text=warning: policy test, and test signing is %before_testsigning%: 64-bit Windows will refuse the drivers"
if "%before_testsigning%"=="on" goto plan_checks
if "%policy%%arch%%want_testsigning%"=="testamd64" call "%tools%\words.cmd" say
:plan_checks
set "text=to do: turn nointegritychecks on (it is %before_nointegritychecks%)"
if defined opt_nointegritychecks if not "%before_nointegritychecks%"=="on" call "%tools%\words.cmd" say
set "text=to do: prepare %service% for starting from a virtio disk"
if not defined opt_skipstorage call "%tools%\words.cmd" say
exit /b 0

rem Delayed expansion, for paths with any character; see tools\words.cmd.
:write_media_state
set "text=%state%\installed-media.txt cannot be written"
setlocal enabledelayedexpansion
>"%state%\installed-media.txt" echo timestamp_local=%date% %time%
>>"%state%\installed-media.txt" echo manifest_path=!manifest!
>>"%state%\installed-media.txt" echo manifest_sha256=%manifest_sha256%
>>"%state%\installed-media.txt" echo GT_VERSION=%version%
>>"%state%\installed-media.txt" echo GT_BUILD_ID=%build_id%
>>"%state%\installed-media.txt" echo GT_SIGNING_POLICY=%signing_policy%
>>"%state%\installed-media.txt" echo GT_CERTS_REQUIRED=%certs_required%
>>"%state%\installed-media.txt" echo effective_SIGNING_POLICY=%policy%
endlocal
if not exist "%state%\installed-media.txt" exit /b 1
exit /b 0
