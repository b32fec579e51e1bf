@rem SPDX-License-Identifier: MIT OR Apache-2.0
@rem words.cmd say|note|complain|put|ask: what a person reads, the log, and lines of the records.
@rem Takes text, log, program, opt_quiet; put appends the line text to the file target.
@goto %1

rem Delayed expansion prints any character as it is. It is on here only: elsewhere it would eat "!" in file names.
:say
setlocal enabledelayedexpansion
if not defined opt_quiet echo !text!
endlocal
:note
setlocal enabledelayedexpansion
if defined log >>"%log%" echo !text!
endlocal
exit /b 0

:put
setlocal enabledelayedexpansion
ver >nul
>>"%target%" echo !text!
set "status=%errorlevel%"
endlocal & exit /b %status%

:complain
setlocal enabledelayedexpansion
>&2 echo %program%: !text!
if defined log >>"%log%" echo error: !text!
endlocal
exit /b 0

rem Exit status 0: yes.
:ask
set "reply=-"
set /p "reply=%~2 [y/N] "
if /i "%reply:~0,1%"=="y" exit /b 0
exit /b 1

rem Explorer starts a script with a doubled quote; its window would close before anybody has read it.
:pause_in_explorer
if defined unattended exit /b 0
set "line=-"
if defined cmdcmdline set "line=%cmdcmdline:"='%"
if not "%line:''=%"=="%line%" pause
exit /b 0
