@rem SPDX-License-Identifier: MIT OR Apache-2.0
@rem state.cmd open|preserve|restore|add: C:\AeroGuestTools, and what was in the registry before setup changed it, in
@rem HKLM\SOFTWARE\AeroGuestTools. Takes state, record; exit status 1: failed, text says why.
@goto %1

rem Below C:\ every user may make folders and change what is in them; uninstall.cmd will believe what it finds in this
rem one, so it is closed before anything is written, and a folder that somebody else has made is refused.
:open
"%sys%\reg.exe" query "%record%" /v StateFolder >nul 2>&1
set "status=%errorlevel%"
if "%status%"=="0" if exist "%state%\" exit /b 0
if not "%status%"=="0" if exist "%state%" goto state_foreign
md "%state%"
set "status=%errorlevel%"
set "text=the folder %state% cannot be made"
if not "%status%"=="0" exit /b 1
rem SYSTEM and Administrators: all; Users: read
set "rights=*S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-32-545:(OI)(CI)RX"
"%sys%\icacls.exe" "%state%" /inheritance:r /grant:r %rights% >nul
set "status=%errorlevel%"
set "text=icacls could not close the folder %state% (exit status %status%)"
if not "%status%"=="0" goto state_failed
for /f "delims=" %%F in ('dir /b /a "%state%" 2^>nul') do goto state_foreign
"%sys%\reg.exe" add "%record%" /v StateFolder /t REG_SZ /d "%state%" /f >nul
set "status=%errorlevel%"
set "text=reg could not write to %record% (exit status %status%)"
if not "%status%"=="0" goto state_failed
exit /b 0
:state_failed
rd "%state%"
exit /b 1
:state_foreign
set "text=%state% is there, but this setup has not made it: move it away"
exit /b 1

rem What key holds is copied below undo, once. "Before" is written last: without it the copy is not believed.
:preserve
"%sys%\reg.exe" query "%undo%" /v Before >nul 2>&1
if "%errorlevel%"=="0" exit /b 0
set "before=absent"
"%sys%\reg.exe" query "%key%" >nul 2>&1
if not "%errorlevel%"=="0" goto preserved
set "before=saved"
"%sys%\reg.exe" copy "%key%" "%undo%\Saved" /s /f >nul
set "status=%errorlevel%"
set "text=reg could not copy %key% (exit status %status%)"
if not "%status%"=="0" exit /b 1
:preserved
set "kept=%key%"
set "key=%undo%"
call :add_value Before REG_SZ %before%
if errorlevel 1 exit /b 1
set "key=%kept%"
exit /b 0

rem add NAME TYPE DATA: a value of key
:add
shift
:add_value
"%sys%\reg.exe" add "%key%" /v %1 /t %2 /d %3 /f >nul
set "status=%errorlevel%"
if "%status%"=="0" exit /b 0
set "text=reg could not write %1 in %key% (exit status %status%)"
exit /b 1

rem What was recorded of key below undo comes back, and the record goes.
:restore
set "before="
"%sys%\reg.exe" query "%undo%" >"%work%" 2>nul
set "status=%errorlevel%"
set "text=reg could not read %undo% (exit status %status%)"
if not "%status%"=="0" exit /b 1
for /f "usebackq tokens=1-3" %%A in ("%work%") do if "%%A"=="Before" set "before=%%C"
rem Without "Before" setup came no further than to the record.
if not defined before goto restored
"%sys%\reg.exe" query "%key%" >nul 2>&1
if not "%errorlevel%"=="0" goto restore_saved
"%sys%\reg.exe" delete "%key%" /f >nul
set "status=%errorlevel%"
set "text=reg could not delete %key% (exit status %status%)"
if not "%status%"=="0" exit /b 1
:restore_saved
if not "%before%"=="saved" goto restored
"%sys%\reg.exe" copy "%undo%\Saved" "%key%" /s /f >nul
set "status=%errorlevel%"
set "text=reg could not restore %key% (exit status %status%)"
if not "%status%"=="0" exit /b 1
:restored
"%sys%\reg.exe" delete "%undo%" /f >nul
set "status=%errorlevel%"
set "text=reg could not delete %undo% (exit status %status%)"
if not "%status%"=="0" exit /b 1
exit /b 0
