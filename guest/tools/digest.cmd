@rem SPDX-License-Identifier: MIT OR Apache-2.0
@rem digest.cmd SHA1|SHA256: digest of the file tool_file. Exit status 1: none, text says why. Uses the file work.
@rem certutil's own words are translated; the digest is its second line, on Windows 7 with blanks between the bytes.
set "digest="
"%sys%\certutil.exe" -hashfile "%tool_file%" %1 >"%work%" 2>&1
set "status=%errorlevel%"
set "text=certutil could not read %tool_file% (exit status %status%)"
if not "%status%"=="0" exit /b 1
for /f "usebackq skip=1 delims=" %%H in ("%work%") do if not defined digest set "digest=%%H"
set "text=certutil printed no digest of %tool_file%"
if not defined digest exit /b 1
set "digest=%digest: =%"
set "tail="
if "%1"=="SHA1" set "tail=%digest:~39%"
if "%1"=="SHA256" set "tail=%digest:~63%"
if not defined tail exit /b 1
if not "%tail:~1%"=="" exit /b 1
exit /b 0
