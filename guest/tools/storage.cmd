@rem SPDX-License-Identifier: MIT OR Apache-2.0
@rem storage.cmd prepare|undo: starting from a virtio disk. Exit status 1: failed, text says why.
@goto %1

rem Windows finds the driver of its boot disk before Plug and Play can install one: by a CriticalDeviceDatabase key
rem named like an ID of the device, and a service that the boot loader starts. The file comes first and the keys last,
rem so that no key ever names what is not there.
:prepare
if not defined opt_skipstorage goto preseed
>"%state%\storage-preseed.skipped.txt" echo skipped=%date% %time%
set "text=storage: not prepared, as asked"
call "%tools%\words.cmd" say
exit /b 0
:preseed
call :copy_driver
if errorlevel 1 exit /b 1
call :make_service
if errorlevel 1 exit /b 1
set "bare="
set "made="
set "failed="
for %%I in (%AERO_VIRTIO_BLK_HWIDS%) do (
    set "id=%%~I"
    if not defined failed call :make_device
    if errorlevel 1 set "failed=1"
)
if defined failed exit /b 1
rem Whatever the configuration lists, the ID of vendor and device is there. PnP makes IDs with a class code of it alone,
rem never of one with a subsystem or revision.
set "failed="
for %%I in ("%bare%" "%bare%&CC_010000" "%bare%&CC_0100") do (
    set "id=%%~I"
    if not "%%~I"=="%made%" if not defined failed call :make_device
    if errorlevel 1 set "failed=1"
)
if defined failed exit /b 1
if exist "%state%\storage-preseed.skipped.txt" del "%state%\storage-preseed.skipped.txt"
set "text=storage: Windows can start from a virtio disk with %service%"
call "%tools%\words.cmd" say
exit /b 0

:copy_driver
set "target=%sys%\drivers\%driver_file%"
set "undo=%record%\Undo\Files\%driver_file%"
"%sys%\reg.exe" query "%undo%" /v Before >nul 2>&1
if "%errorlevel%"=="0" goto driver_recorded
set "before=absent"
if not exist "%target%" goto driver_record
set "before=saved"
copy /y /b "%target%" "%target%.before-aero" >nul
set "status=%errorlevel%"
set "text=%target% cannot be saved"
if not "%status%"=="0" exit /b 1
:driver_record
set "key=%undo%"
call "%tools%\state.cmd" add Before REG_SZ %before%
if not errorlevel 1 goto driver_recorded
if "%before%"=="saved" del /f "%target%.before-aero"
exit /b 1
:driver_recorded
rem From a CD a file may come with the read-only attribute, which the next copy would stop at.
if exist "%target%" "%sys%\attrib.exe" -r "%target%"
copy /y /b "%storage_driver%" "%target%" >nul
set "status=%errorlevel%"
set "text=%storage_driver% cannot be copied to %target%"
if not "%status%"=="0" exit /b 1
exit /b 0

:make_service
set "key=%control%\Services\%service%"
set "undo=%record%\Undo\Services\%service%"
call "%tools%\state.cmd" preserve
if errorlevel 1 exit /b 1
call "%tools%\state.cmd" add Type REG_DWORD 1
if not errorlevel 1 call "%tools%\state.cmd" add Start REG_DWORD 0
if not errorlevel 1 call "%tools%\state.cmd" add ErrorControl REG_DWORD 1
if not errorlevel 1 call "%tools%\state.cmd" add Group REG_SZ "SCSI miniport"
if not errorlevel 1 call "%tools%\state.cmd" add ImagePath REG_EXPAND_SZ "system32\drivers\%driver_file%"
if errorlevel 1 exit /b 1
rem As the package's own INF has it: found by PnP on a PCI bus (5), SCSI.
set "key=%control%\Services\%service%\Parameters"
call "%tools%\state.cmd" add BusType REG_DWORD 1
if errorlevel 1 exit /b 1
set "key=%control%\Services\%service%\Parameters\PnpInterface"
call "%tools%\state.cmd" add 5 REG_DWORD 1
set "status=%errorlevel%"
exit /b %status%

:make_device
for /f "tokens=1,2 delims=&" %%A in ("%id%") do if not defined bare set "bare=%%A&%%B"
if "%id%"=="%bare%" set "made=%id%"
set "key_name=%id:\=#%"
set "key=%control%\Control\CriticalDeviceDatabase\%key_name%"
set "undo=%record%\Undo\Devices\%key_name%"
call "%tools%\state.cmd" preserve
if errorlevel 1 exit /b 1
call "%tools%\state.cmd" add Service REG_SZ "%service%"
if not errorlevel 1 call "%tools%\state.cmd" add ClassGUID REG_SZ "%scsi_adapter%"
if not errorlevel 1 call "%tools%\state.cmd" add Class REG_SZ SCSIAdapter
set "status=%errorlevel%"
exit /b %status%

rem A system that has started from a virtio disk would not start again: a device that has the driver now is an obstacle.
:undo
"%sys%\reg.exe" query "%record%\Undo" >nul 2>&1
if not "%errorlevel%"=="0" goto undo_unrecorded
"%sys%\reg.exe" query "%record%\Undo\Services" >"%state%\services.txt" 2>nul
set "failed="
for /f "usebackq delims=" %%L in ("%state%\services.txt") do (
    set "name=%%~nxL"
    if not defined failed call :look_at_service
    if errorlevel 1 set "failed=1"
)
if defined failed exit /b 1
call :undo_all Devices "%control%\Control\CriticalDeviceDatabase"
if errorlevel 1 exit /b 1
call :undo_all Services "%control%\Services"
if errorlevel 1 exit /b 1
"%sys%\reg.exe" query "%record%\Undo\Files" >"%state%\list.txt" 2>nul
set "failed="
for /f "usebackq delims=" %%L in ("%state%\list.txt") do (
    set "name=%%~nxL"
    if not defined failed call :undo_file
    if errorlevel 1 set "failed=1"
)
if defined failed exit /b 1
for %%F in (list services) do if exist "%state%\%%F.txt" del "%state%\%%F.txt"
"%sys%\reg.exe" delete "%record%\Undo" /f >nul
set "status=%errorlevel%"
set "text=reg could not delete %record%\Undo (exit status %status%)"
if not "%status%"=="0" exit /b 1
set "text=storage: as it was before"
call "%tools%\words.cmd" say
exit /b 0

:look_at_service
if /i "%name%"=="Services" exit /b 0
:look_whether_used
if defined opt_cleanupstorageforce exit /b 0
set "used=0x0"
"%sys%\reg.exe" query "%control%\Services\%name%\Enum" /v Count >"%work%" 2>nul
for /f "usebackq tokens=1-3" %%A in ("%work%") do if "%%A"=="Count" set "used=%%C"
set "text=storage: a disk uses %name% now; Windows might not start without it (/cleanupstorageforce removes it)"
if not "%used%"=="0x0" exit /b 1
exit /b 0

:undo_all
"%sys%\reg.exe" query "%record%\Undo\%1" >"%state%\list.txt" 2>nul
set "failed="
for /f "usebackq delims=" %%L in ("%state%\list.txt") do (
    set "name=%%~nxL"
    set "group=%1"
    set "parent=%~2"
    if not defined failed call :undo_key
    if errorlevel 1 set "failed=1"
)
if defined failed exit /b 1
exit /b 0
:undo_key
if /i "%name%"=="%group%" exit /b 0
set "undo=%record%\Undo\%group%\%name%"
set "key=%parent%\%name%"
call "%tools%\state.cmd" restore
set "status=%errorlevel%"
exit /b %status%

:undo_file
if /i "%name%"=="Files" exit /b 0
set "target=%sys%\drivers\%name%"
set "undo=%record%\Undo\Files\%name%"
set "before="
"%sys%\reg.exe" query "%undo%" /v Before >"%work%" 2>nul
for /f "usebackq tokens=1-3" %%A in ("%work%") do if "%%A"=="Before" set "before=%%C"
set "text=%undo% does not say what was before"
if not defined before exit /b 1
if exist "%target%" "%sys%\attrib.exe" -r "%target%"
if "%before%"=="saved" goto undo_file_saved
if exist "%target%" del /f "%target%"
set "text=%target% cannot be deleted: Windows uses it"
if exist "%target%" exit /b 1
goto undo_file_record
:undo_file_saved
rem Without the saved file it was restored already, and only the record is left.
if not exist "%target%.before-aero" goto undo_file_record
copy /y /b "%target%.before-aero" "%target%" >nul
set "status=%errorlevel%"
set "text=%target%.before-aero cannot be copied to %target%"
if not "%status%"=="0" exit /b 1
del /f "%target%.before-aero"
:undo_file_record
"%sys%\reg.exe" delete "%undo%" /f >nul
set "status=%errorlevel%"
set "text=reg could not delete %undo% (exit status %status%)"
if not "%status%"=="0" exit /b 1
exit /b 0

rem Prepared by other tools: what was before is not known. The service stays, started by demand; our keys go.
:undo_unrecorded
set "text=storage: nothing was prepared by setup"
if not defined never_set_up goto undo_nothing
if not exist "%media%config\devices.cmd" goto undo_nothing
call "%media%config\devices.cmd"
set "name=%AERO_VIRTIO_BLK_SERVICE%"
if not defined name goto undo_nothing
"%sys%\reg.exe" query "%control%\Services\%name%" >nul 2>&1
if not "%errorlevel%"=="0" goto undo_nothing
call :look_whether_used
if errorlevel 1 exit /b 1
set "key=%control%\Services\%name%"
call "%tools%\state.cmd" add Start REG_DWORD 3
if errorlevel 1 exit /b 1
set "bare="
set "failed="
for %%I in (%AERO_VIRTIO_BLK_HWIDS%) do (
    set "id=%%~I"
    if not defined failed call :undo_device
    if errorlevel 1 set "failed=1"
)
if defined failed exit /b 1
set "failed="
for %%I in ("%bare%" "%bare%&CC_010000" "%bare%&CC_0100") do (
    set "id=%%~I"
    if not defined failed call :undo_device
    if errorlevel 1 set "failed=1"
)
if defined failed exit /b 1
set "text=storage: %name% starts by demand, its devices are not critical any more"
:undo_nothing
call "%tools%\words.cmd" say
exit /b 0

:undo_device
for /f "tokens=1,2 delims=&" %%A in ("%id%") do if not defined bare set "bare=%%A&%%B"
set "key=%control%\Control\CriticalDeviceDatabase\%id:\=#%"
set "owner="
"%sys%\reg.exe" query "%key%" /v Service >"%work%" 2>nul
for /f "usebackq tokens=1-3" %%A in ("%work%") do if "%%A"=="Service" set "owner=%%C"
if /i not "%owner%"=="%name%" exit /b 0
"%sys%\reg.exe" delete "%key%" /f >nul
set "status=%errorlevel%"
set "text=reg could not delete %key% (exit status %status%)"
if not "%status%"=="0" exit /b 1
exit /b 0
