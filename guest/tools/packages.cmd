@rem SPDX-License-Identifier: MIT OR Apache-2.0
@rem packages.cmd stage_all|install_all|undo: the medium's driver packages and Windows' driver store.
@rem Exit status 1: failed, text says why.
@goto %1

rem Every package is tried: one that Windows refuses must not keep the others out. The rest is done only if all went
rem well.
:stage_all
set "failures=0"
for /f "delims=" %%F in ('dir /b /a-d "%SystemRoot%\inf\oem*.inf" 2^>nul') do set "had_%%F=1"
for /f "delims=" %%F in ('dir /b /s /a-d /on "%packages%\*.inf" 2^>nul') do (
    set "inf=%%F"
    set "name=%%~nxF"
    call :stage
)
set "text=%failures% driver packages could not be added to the driver store"
if not "%failures%"=="0" exit /b 1
exit /b 0
rem pnputil publishes a package as %SystemRoot%\inf\oemN.inf; its words are translated, so the new file tells the name.
:stage
if /i not "%name:~-4%"==".inf" exit /b 0
"%sys%\pnputil.exe" -a "%inf%" >>"%log%" 2>&1
set "status=%errorlevel%"
set "oem="
for /f "delims=" %%F in ('dir /b /a-d "%SystemRoot%\inf\oem*.inf" 2^>nul') do if not defined had_%%F set "oem=%%F"
call :pnputil_word
if defined oem call :record_package
set "had_%oem%=1"
set "text=%name%: %word%"
if not defined refused goto say
set /a failures+=1
goto complain
:record_package
set "had_%oem%=1"
for %%F in ("%SystemRoot%\inf\%oem%") do set "size=%%~zF"
set "target=%state%\installed-driver-packages.txt"
set "text=%oem% %size% %name%"
call "%tools%\words.cmd" put
if not errorlevel 1 exit /b 0
set "refused=1"
set "word=in the driver store as %oem%, but %target% cannot be written"
exit /b 0

rem 259 is ERROR_NO_MORE_ITEMS, 3010 ERROR_SUCCESS_REBOOT_REQUIRED.
:pnputil_word
set "refused=1"
set "word=pnputil refused it (exit status %status%)"
if "%status%"=="0" set "word=in the driver store"
if "%status%"=="259" set "word=in the driver store, no device here needs it now"
if "%status%"=="3010" set "word=in the driver store, restart needed"
if "%status%"=="3010" set "restart=1"
for %%N in (0 259 3010) do if "%status%"=="%%N" set "refused="
exit /b 0

:install_all
set "failures=0"
for /f "delims=" %%F in ('dir /b /s /a-d /on "%packages%\*.inf" 2^>nul') do (
    set "inf=%%F"
    set "name=%%~nxF"
    call :install
)
set "text=%failures% driver packages could not be installed"
if not "%failures%"=="0" exit /b 1
exit /b 0
:install
if /i not "%name:~-4%"==".inf" exit /b 0
"%sys%\pnputil.exe" -i -a "%inf%" >>"%log%" 2>&1
set "status=%errorlevel%"
call :pnputil_word
set "text=%name%: installing: %word%"
if not defined refused goto say
set /a failures+=1
goto complain

rem oemN names are used again: a package that is not the size of the one recorded is somebody else's.
:undo
set "list=%state%\installed-driver-packages.txt"
if not exist "%list%" exit /b 0
if exist "%state%\left.txt" del "%state%\left.txt"
for /f "usebackq tokens=1,2*" %%A in ("%list%") do (
    set "oem=%%A"
    set "size=%%B"
    set "name=%%C"
    call :remove
)
del "%list%"
set "text=%list% cannot be deleted"
if exist "%list%" exit /b 1
if not exist "%state%\left.txt" exit /b 0
ren "%state%\left.txt" installed-driver-packages.txt
set "text=not all driver packages could be removed from the driver store"
exit /b 1
:remove
set "text=%name% (%oem%): not in the driver store any more"
if not exist "%SystemRoot%\inf\%oem%" goto say
for %%F in ("%SystemRoot%\inf\%oem%") do set "actual=%%~zF"
set "text=%name%: %oem% is another package now, left alone"
if not "%actual%"=="%size%" goto say
rem -f removes what a device still uses; the device keeps the driver that it has.
set "action=-d"
if defined opt_force set "action=-f -d"
"%sys%\pnputil.exe" %action% %oem% >>"%log%" 2>&1
set "status=%errorlevel%"
if "%status%"=="3010" set "restart=1"
if "%status%"=="3010" set "status=0"
set "text=%name% (%oem%): removed from the driver store"
if "%status%"=="0" goto say
set "target=%state%\left.txt"
set "text=%oem% %size% %name%"
call "%tools%\words.cmd" put
set "text=pnputil could not remove %name% (%oem%, exit status %status%); if a device uses it, /force removes it"
goto complain
:say
call "%tools%\words.cmd" say
exit /b 0
:complain
call "%tools%\words.cmd" complain
exit /b 0
