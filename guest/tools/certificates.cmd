@rem SPDX-License-Identifier: MIT OR Apache-2.0
@rem certificates.cmd trust_all|undo: the medium's certificates in the machine's stores.
@rem Exit status 1: failed, text says why.
@goto %1

:trust_all
if not defined want_certificates exit /b 0
set "failed="
for /f "delims=" %%F in ('dir /b /a-d /on "%media%certs\*.cer" 2^>nul') do (
    set "certificate=%%F"
    if not defined failed call :trust
    if errorlevel 1 set "failed=1"
)
if defined failed exit /b 1
exit /b 0
:trust
set "tool_file=%media%certs\%certificate%"
call "%tools%\digest.cmd" SHA1
if errorlevel 1 exit /b 1
call :trust_in Root
if errorlevel 1 exit /b 1
call :trust_in TrustedPublisher
set "status=%errorlevel%"
exit /b %status%
rem What is there already stays when setup is undone. The record is written first: an addition that nobody knows of
rem would stay for ever.
:trust_in
"%sys%\certutil.exe" -store %1 %digest% >nul 2>&1
set "status=%errorlevel%"
set "text=certificate %certificate%: in %1 already"
if not "%status%"=="0" goto trust_now
call "%tools%\words.cmd" say
exit /b 0
:trust_now
set "target=%state%\installed-certs.txt"
set "text=%1 %digest% %certificate%"
call "%tools%\words.cmd" put
set "status=%errorlevel%"
set "text=%target% cannot be written"
if not "%status%"=="0" exit /b 1
"%sys%\certutil.exe" -addstore -f %1 "%tool_file%" >>"%log%" 2>&1
set "status=%errorlevel%"
set "text=certutil could not add %certificate% to %1 (exit status %status%)"
if not "%status%"=="0" exit /b 1
"%sys%\certutil.exe" -store %1 %digest% >nul 2>&1
set "status=%errorlevel%"
set "text=%certificate% was added to %1 and is not there (exit status %status%)"
if not "%status%"=="0" exit /b 1
set "text=certificate %certificate%: added to %1"
call "%tools%\words.cmd" say
exit /b 0

rem What cannot be removed stays in the record.
:undo
set "list=%state%\installed-certs.txt"
if not exist "%list%" exit /b 0
if exist "%state%\left.txt" del "%state%\left.txt"
for /f "usebackq tokens=1,2*" %%A in ("%list%") do (
    set "store=%%A"
    set "digest=%%B"
    set "certificate=%%C"
    call :remove
)
del "%list%"
set "text=%list% cannot be deleted"
if exist "%list%" exit /b 1
if not exist "%state%\left.txt" exit /b 0
ren "%state%\left.txt" installed-certs.txt
set "text=not all certificates could be removed"
exit /b 1
:remove
"%sys%\certutil.exe" -store %store% %digest% >nul 2>&1
set "status=%errorlevel%"
set "text=certificate %certificate%: not in %store% any more"
if not "%status%"=="0" goto removed
"%sys%\certutil.exe" -delstore %store% %digest% >>"%log%" 2>&1
set "status=%errorlevel%"
set "text=certificate %certificate%: removed from %store%"
if "%status%"=="0" goto removed
set "target=%state%\left.txt"
set "text=%store% %digest% %certificate%"
call "%tools%\words.cmd" put
set "text=certutil could not remove %certificate% from %store% (exit status %status%)"
call "%tools%\words.cmd" complain
exit /b 0
:removed
call "%tools%\words.cmd" say
exit /b 0
