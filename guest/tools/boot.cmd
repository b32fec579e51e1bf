@rem SPDX-License-Identifier: MIT OR Apache-2.0
@rem boot.cmd plan|turn_on NAME|undo NAME: testsigning and nointegritychecks of the boot entry.
@rem Exit status 1: failed, text says why.
@goto %1

rem 64-bit Windows loads kernel drivers only if it knows who signed them; with test signing a trusted certificate is
rem enough.
:plan
set "want_testsigning="
if "%policy%"=="test" if "%arch%"=="amd64" set "want_testsigning=1"
if "%policy%"=="test" if defined opt_testsigning set "want_testsigning=1"
if defined opt_forcetestsigning set "want_testsigning=1"
if defined opt_notestsigning set "want_testsigning="
set "loader="
set "has_testsigning="
set "has_nointegritychecks="
"%sys%\bcdedit.exe" /enum {current} /v >"%work%" 2>&1
set "status=%errorlevel%"
set "text=bcdedit could not read the boot configuration (exit status %status%)"
if not "%status%"=="0" exit /b 1
rem The labels are translated, the names of the elements are not. The first text in braces identifies the entry.
for /f "usebackq tokens=2 delims={}" %%G in ("%work%") do if not defined loader set "loader={%%G}"
for /f "usebackq tokens=1" %%N in ("%work%") do (
    if /i "%%N"=="testsigning" set "has_testsigning=1"
    if /i "%%N"=="nointegritychecks" set "has_nointegritychecks=1"
)
set "text=bcdedit named no boot entry"
if not defined loader exit /b 1
set "before_testsigning=absent"
if defined has_testsigning call :element 16000049
if defined has_testsigning set "before_testsigning=%element%"
set "before_nointegritychecks=absent"
if defined has_nointegritychecks call :element 16000048
if defined has_nointegritychecks set "before_nointegritychecks=%element%"
exit /b 0

rem Whether it is on is a translated word too, so the value is read where bcdedit reads it.
:element
set "element=unknown"
"%sys%\reg.exe" query "HKLM\BCD00000000\Objects\%loader%\Elements\%1" /v Element >"%work%" 2>nul
for /f "usebackq tokens=1-3" %%A in ("%work%") do if "%%A"=="Element" set "element=%%C"
if "%element%"=="01" set "element=on"
if "%element%"=="00" set "element=off"
exit /b 0

rem The first record stands, whatever happens between two runs of setup.
:turn_on
shift
call set "before=%%before_%1%%"
set "text=%1 is on already"
if not "%before%"=="on" goto turn_on_now
call "%tools%\words.cmd" say
exit /b 0
:turn_on_now
set "marker=%state%\%1.enabled-by-aero.txt"
set "text=%marker% cannot be written"
if exist "%marker%" goto marked
>"%marker%" echo object=%loader%
>>"%marker%" echo previous=%before%
if not exist "%marker%" exit /b 1
:marked
"%sys%\bcdedit.exe" /set %loader% %1 on >>"%log%" 2>&1
set "status=%errorlevel%"
set "text=bcdedit could not turn %1 on (exit status %status%)"
if not "%status%"=="0" exit /b 1
set "restart=1"
set "text=%1 is on from the next start of Windows"
call "%tools%\words.cmd" say
exit /b 0

rem A marker says which entry and what was before. What is not there any more need not be undone.
:undo
shift
set "marker=%state%\%1.enabled-by-aero.txt"
if not exist "%marker%" exit /b 0
set "object="
set "previous="
for /f "usebackq tokens=1* delims==" %%A in ("%marker%") do (
    if "%%A"=="object" set "object=%%B"
    if "%%A"=="previous" set "previous=%%B"
)
set "text=%marker% does not say what was before"
if not defined object exit /b 1
if not defined previous exit /b 1
"%sys%\bcdedit.exe" /enum %object% /v >"%work%" 2>&1
set "status=%errorlevel%"
set "text=bcdedit could not read the boot entry %object% (exit status %status%)"
if not "%status%"=="0" exit /b 1
set "present="
for /f "usebackq tokens=1" %%N in ("%work%") do if /i "%%N"=="%1" set "present=1"
set "text=%1 is not set any more"
if not defined present goto undone
set "text=%1 is left as it is: what it was before could not be read then"
if "%previous%"=="unknown" goto undone
set "change=/deletevalue %object% %1"
if "%previous%"=="off" set "change=/set %object% %1 off"
"%sys%\bcdedit.exe" %change% >>"%log%" 2>&1
set "status=%errorlevel%"
set "text=bcdedit could not turn %1 off (exit status %status%)"
if not "%status%"=="0" exit /b 1
set "restart=1"
set "text=%1 is as it was before (%previous%) from the next start of Windows"
:undone
call "%tools%\words.cmd" say
del "%marker%"
set "text=%marker% cannot be deleted"
if exist "%marker%" exit /b 1
exit /b 0
