@echo off
rem SPDX-License-Identifier: MIT OR Apache-2.0
rem Undoes what setup.cmd has recorded in C:\AeroGuestTools and HKLM\SOFTWARE\AeroGuestTools: driver packages,
rem certificates, boot configuration, and, when asked to, what it takes to start from a virtio disk. What cannot be
rem undone stays recorded, so it can be run again. Exit status: 0 all undone, 1 not all, 10 not an administrator.
setlocal
set "ERRORLEVEL="
set "program=uninstall.cmd"
set "media=%~dp0"
set "tools=%media%tools"
set "sys=%SystemRoot%\System32"
set "state=%SystemDrive%\AeroGuestTools"
set "record=HKLM\SOFTWARE\AeroGuestTools"
set "control=HKLM\SYSTEM\CurrentControlSet"
set "log="
set "restart="
set "flags=force quiet cleanupstorage cleanupstorageforce noreboot"
for %%O in (%flags%) do set "opt_%%O="

:next_option
if "%~1"=="" goto options_known
if "%~1"=="/?" goto usage
set "known="
for %%O in (%flags%) do (
    if /i "%~1"=="/%%O" set "opt_%%O=1"
    if /i "%~1"=="/%%O" set "known=1"
)
if not defined known goto bad_option
shift
goto next_option

:usage
echo uninstall.cmd [options]: undoes what setup.cmd has done; run it as administrator.
echo   /force                no questions; removes driver packages that a device uses, too
echo   /quiet                no questions, prints errors only
echo   /cleanupstorage       also undo what setup.cmd has prepared for starting from a virtio disk, unless one is in use
echo   /cleanupstorageforce  the same, even if one is in use: Windows may not start from it again
echo   /noreboot             do not restart
echo   Exit status: 0 all undone, 1 not all (run it again), 10 not an administrator.
exit /b 0

:bad_option
>&2 echo uninstall.cmd: unknown option %1, see uninstall.cmd /?
exit /b 1

:options_known
rem A 32-bit cmd.exe on 64-bit Windows is shown SysWOW64 for System32, and pnputil and bcdedit are not there.
if not defined PROCESSOR_ARCHITEW6432 goto native
if defined AERO_NATIVE goto native
set "AERO_NATIVE=1"
set "options="
for %%O in (%flags%) do if defined opt_%%O call :add_option %%O
"%sys:System32=Sysnative%\cmd.exe" /c call "%~f0"%options%
set "status=%errorlevel%"
exit /b %status%
:add_option
set "options=%options% /%1"
exit /b 0

:native
if defined opt_cleanupstorageforce set "opt_cleanupstorage=1"
set "unattended=%opt_force%%opt_quiet%"
set "fault=10"
"%sys%\fltmc.exe" >nul 2>&1
set "status=%errorlevel%"
set "text=not an administrator: right-click uninstall.cmd, Run as administrator"
if not "%status%"=="0" goto fail
set "fault=1"
rem Only a folder that setup has made and closed is believed; see tools\state.cmd.
"%sys%\reg.exe" query "%record%" /v StateFolder >nul 2>&1
set "status=%errorlevel%"
if "%status%"=="0" goto recorded
set "text=%state% is there, but this setup has not made it: nothing in it is believed"
if exist "%state%\" goto fail
:recorded
set "never_set_up="
if not "%status%"=="0" set "never_set_up=1"
if not "%status%"=="0" if not defined opt_cleanupstorage goto nothing
call "%tools%\state.cmd" open
if errorlevel 1 goto fail
set "log=%state%\uninstall.log"
set "work=%state%\work.txt"
set "text=uninstall.cmd on %date% %time%"
call "%tools%\words.cmd" note
if defined unattended goto agreed
echo Driver packages, certificates and boot settings that setup.cmd has added will be removed.
if defined opt_cleanupstorage echo Windows will not start from a virtio disk any more.
call "%tools%\words.cmd" ask "Go on?"
if not errorlevel 1 goto agreed
set "text=nothing was done"
goto fail
:agreed

rem Each part is tried: one that fails must not keep the others in.
set "failures=0"
call "%tools%\packages.cmd" undo
if errorlevel 1 call :failed
call "%tools%\certificates.cmd" undo
if errorlevel 1 call :failed
call "%tools%\boot.cmd" undo testsigning
if errorlevel 1 call :failed
call "%tools%\boot.cmd" undo nointegritychecks
if errorlevel 1 call :failed
if defined opt_cleanupstorage goto storage
set "text=storage: what starting from a virtio disk needs is left; /cleanupstorage removes it"
call "%tools%\words.cmd" say
goto storage_done
:storage
call "%tools%\storage.cmd" undo
if errorlevel 1 call :failed
:storage_done
if exist "%work%" del "%work%"
if not "%failures%"=="0" goto incomplete
if exist "%state%\storage-preseed.skipped.txt" del "%state%\storage-preseed.skipped.txt"
if exist "%state%\installed-media.txt" del "%state%\installed-media.txt"
set "text=done"
call "%tools%\words.cmd" say
set "fault=0"
if not defined restart goto end
set "text=Windows has to be restarted before everything is as it was"
call "%tools%\words.cmd" say
if defined opt_noreboot goto end
if defined unattended goto reboot
call "%tools%\words.cmd" ask "Restart now?"
if errorlevel 1 goto end
:reboot
"%sys%\shutdown.exe" /r /t 10 /c "Aero guest tools"
set "status=%errorlevel%"
set "text=everything is undone, but Windows could not be restarted (exit status %status%): restart it"
if "%status%"=="0" goto end
set "fault=1"
goto fail

:failed
set /a failures+=1
call "%tools%\words.cmd" complain
exit /b 0

:nothing
set "fault=0"
set "text=setup.cmd has recorded nothing here: there is nothing to undo"
call "%tools%\words.cmd" say
goto end
:incomplete
set "text=not everything could be undone, see %log%; what is left is still recorded: run uninstall.cmd again"
:fail
call "%tools%\words.cmd" complain
:end
call "%tools%\words.cmd" pause_in_explorer
exit /b %fault%
