! What the Fortran tests of this folder expect: each failure is a line, and `finish_tests` gives the verdict.
module expect
  use accel
  use, intrinsic :: iso_fortran_env, only: error_unit, int64
  implicit none
  private
  public :: begin_test, expect_failure, expect_no_failure, expect_true, expect_text, finish_tests

  character(:), allocatable :: test
  type(accel_scope) :: scope
  integer(int64) :: alive = 0
  integer :: failures = 0, tests = 0
contains
  ! Ends the test before it: nothing is on record, and what it made ends with its scope.
  subroutine begin_test(name)
    character(*), intent(in) :: name

    call end_test()
    test = name
    tests = tests + 1
    alive = accel_live_handles()
    scope = accel_scope_begin()
  end subroutine

  subroutine end_test()
    if (.not. allocated(test)) return
    call expect_no_failure()
    call accel_scope_end(scope)
    call expect_true(accel_live_handles() == alive, "every handle has ended")
  end subroutine

  subroutine expect_true(condition, what)
    logical, intent(in) :: condition
    character(*), intent(in) :: what

    if (condition) return
    failures = failures + 1
    write (error_unit, "(4a)") test, ": not so: ", what
  end subroutine

  subroutine expect_text(found, expected)
    character(*), intent(in) :: found, expected

    if (found == expected .and. len(found) == len(expected)) return
    failures = failures + 1
    write (error_unit, "(6a)") test, ": expected """, expected, """, got """, found, """"
  end subroutine

  ! The recorded failure begins with this text; it is forgotten.
  subroutine expect_failure(status, text)
    integer, intent(in) :: status
    character(*), intent(in) :: text
    character(:), allocatable :: found

    found = accel_error_text()
    call expect_true(accel_error_status() == status, text//" has its status")
    call expect_text(found(:min(len(found), len(text))), text)
    call accel_error_clear()
  end subroutine

  subroutine expect_no_failure()
    call expect_text(accel_error_text(), "")
    call accel_error_clear()
  end subroutine

  subroutine finish_tests()
    call end_test()
    print "(i0, a, i0, a)", tests, " tests, ", failures, " failures"
    if (failures > 0 .or. tests == 0) error stop 1
  end subroutine
end module
