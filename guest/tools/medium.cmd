@rem SPDX-License-Identifier: MIT OR Apache-2.0
@rem medium.cmd configuration|policy|manifest|verify|packages|certificates|storage: what is on the medium, and whether
@rem it can be used. Changes nothing. Exit status 1: it cannot be used, text says why.
@goto %1

:configuration
set "AERO_VIRTIO_BLK_SERVICE="
set "AERO_VIRTIO_BLK_SYS="
set "AERO_VIRTIO_BLK_HWIDS="
set "text=there is no file %media%config\devices.cmd""
if not exist "%media%config\devices.cmd" exit /b 1
call "%media%config\devices.cmd"
set "service=%AERO_VIRTIO_BLK_SERVICE%"
set "driver_file=%AERO_VIRTIO_BLK_SYS%"
if not defined driver_file set "driver_file=%service%.sys"
set "text=config\devices.cmd names no AERO_VIRTIO_BLK_SERVICE or no AERO_VIRTIO_BLK_HWIDS"
if not defined service exit /b 1
if not defined AERO_VIRTIO_BLK_HWIDS exit /b 1
exit /b 0

:policy
shift
:policy_of
set "policy="
for %%N in (test testsigning) do if /i "%~1"=="%%N" set "policy=test"
for %%N in (production prod whql) do if /i "%~1"=="%%N" set "policy=production"
for %%N in (none nointegritychecks) do if /i "%~1"=="%%N" set "policy=none"
exit /b 0

rem The manifest has one name and value a line, as aerow7 writes it; batch knows no more of JSON than that.
:manifest
set "manifest=%media%manifest.json"
set "signing_policy="
set "certs_required="
set "version="
set "build_id="
set "manifest_sha256="
if exist "%manifest%" goto manifest_there
set "policy=%forced_policy%"
if not defined policy set "policy=test"
set "text=warning: there is no manifest.json; the signing policy is taken to be %policy%"
call "%tools%\words.cmd" say
exit /b 0
:manifest_there
set "tool_file=%manifest%"
call "%tools%\digest.cmd" SHA256
if errorlevel 1 exit /b 1
set "manifest_sha256=%digest%"
for /f "usebackq tokens=1* delims=:" %%A in ("%manifest%") do (
    set "left=%%A"
    set "right=%%B"
    call :manifest_line
)
call :policy_of "%signing_policy%"
set "text=manifest.json names no signing policy that is known: %signing_policy%"
if not defined policy exit /b 1
set "text=the medium: version %version%, build %build_id%, signing policy %policy%"
call "%tools%\words.cmd" say
if not defined forced_policy exit /b 0
set "policy=%forced_policy%"
set "certs_required="
set "text=signing policy by option: %policy%"
call "%tools%\words.cmd" say
exit /b 0

:manifest_line
if not defined right exit /b 0
set "key="
set "value="
for %%K in (%left%) do set "key=%%~K"
for %%V in (%right%) do set "value=%%~V"
if "%key%"=="signing_policy" set "signing_policy=%value%"
if "%key%"=="certs_required" set "certs_required=%value%"
if "%key%"=="version" set "version=%value%"
if "%key%"=="build_id" set "build_id=%value%"
exit /b 0

rem The entries of "files" have path, sha256 and size in any order; other parts of the manifest have paths as well.
:verify
set "text=there is no manifest.json to verify the medium by"
if not exist "%manifest%" exit /b 1
set "in_files="
set "verified=0"
set "damaged=0"
call :next_entry
for /f "usebackq tokens=1* delims=:" %%A in ("%manifest%") do (
    set "left=%%A"
    set "right=%%B"
    call :verify_line
)
set "text=manifest.json lists no files that setup can read"
if "%verified%"=="0" exit /b 1
set "text=%damaged% of %verified% files of the medium are damaged or missing"
if not "%damaged%"=="0" exit /b 1
set "text=the medium: all %verified% files are as in manifest.json"
call "%tools%\words.cmd" say
exit /b 0

:next_entry
set "entry_path="
set "entry_sha256="
set "entry_size="
exit /b 0

:verify_line
if not defined right exit /b 0
set "key="
set "value="
for %%K in (%left%) do set "key=%%~K"
if "%key%"=="files" set "in_files=1"
if not defined in_files exit /b 0
if "%key%"=="files" exit /b 0
for %%V in (%right%) do set "value=%%~V"
if "%key%"=="path" set "entry_path=%value%"
if "%key%"=="sha256" set "entry_sha256=%value%"
if "%key%"=="size" set "entry_size=%value%"
if not defined entry_path exit /b 0
if not defined entry_sha256 exit /b 0
if not defined entry_size exit /b 0
set /a verified+=1
call :verify_file
if not errorlevel 1 goto next_entry
set /a damaged+=1
call "%tools%\words.cmd" complain
goto next_entry

:verify_file
set "tool_file=%media%%entry_path:/=\%"
set "text=%entry_path% is missing"
if not exist "%tool_file%" exit /b 1
for %%F in ("%tool_file%") do set "size=%%~zF"
set "text=%entry_path% has %size% bytes, not %entry_size%"
if not "%size%"=="%entry_size%" exit /b 1
rem certutil cannot digest an empty file, and there is nothing in it to be wrong.
if "%size%"=="0" exit /b 0
call "%tools%\digest.cmd" SHA256
if errorlevel 1 exit /b 1
set "text=%entry_path% has another SHA-256: %digest%"
if /i not "%digest%"=="%entry_sha256%" exit /b 1
exit /b 0

rem "*.inf" finds by short names as well, so the ending is looked at again where one is used.
:packages
set "packages=%media%drivers\%arch%"
set "text=there is no folder %packages%"
if not exist "%packages%\" exit /b 1
set "found="
for /f "delims=" %%F in ('dir /b /s /a-d /on "%packages%\*.inf" 2^>nul') do if /i "%%~xF"==".inf" set "found=1"
set "text=there is no .inf file below %packages%"
if not defined found exit /b 1
exit /b 0

:certificates
set "want_certificates="
if "%policy%"=="test" set "want_certificates=1"
if /i "%certs_required%"=="true" set "want_certificates=1"
if defined opt_installcerts set "want_certificates=1"
if not defined want_certificates exit /b 0
for /f "delims=" %%F in ('dir /b /a-d /on "%media%certs\*.cer" 2^>nul') do (
    set "certificate=%%F"
    call :is_der
    if errorlevel 1 goto not_der
)
set "text=certificates are needed (policy %policy%), and there is none in %media%certs"
if not defined certificate exit /b 1
exit /b 0
:not_der
set "text=%media%certs\%certificate% is text; a certificate in DER form is needed"
exit /b 1

rem A certificate is found in its store by the SHA-1 of its DER form.
:is_der
"%sys%\find.exe" "-----BEGIN" "%media%certs\%certificate%" >nul 2>&1
if "%errorlevel%"=="1" exit /b 0
exit /b 1

rem Starting from a virtio disk works only if the service prepared here is the one that the packages install.
:storage
set "storage_inf="
for /f "delims=" %%F in ('dir /b /s /a-d /on "%packages%\*.inf" 2^>nul') do (
    set "inf=%%F"
    call :has_service
)
set "text=no .inf file below %packages% installs the service %service%, which config\devices.cmd names"
if not defined storage_inf exit /b 1
for %%F in ("%storage_inf%") do set "storage_driver=%%~dpF%driver_file%"
set "text=%storage_inf% installs the service %service%, and there is no %driver_file% beside it"
if not exist "%storage_driver%" exit /b 1
exit /b 0

rem type turns UTF-16 into what "for" reads. The last delimiters are an equals sign, a comma, a tab and a blank.
:has_service
if /i not "%inf:~-4%"==".inf" exit /b 0
type "%inf%" >"%work%"
for /f "usebackq tokens=1,2 delims==,	 " %%A in ("%work%") do (
    if /i "%%A"=="AddService" if /i "%%B"=="%service%" set "storage_inf=%inf%"
)
exit /b 0
