! What a Fortran program logs is in the files of its trackers.
program test_trackers
  use accel
  use expect
  use, intrinsic :: iso_fortran_env, only: int64, real64
  implicit none

  call remove("tracked/run/metrics.csv")
  call remove("tracked/run/hparams.csv")
  call logs_values()
  call refuses_values()
  call finish_tests()
contains
  subroutine logs_values()
    type(accelerator) :: acc
    type(accel_log_value), allocatable :: values(:)
    character(9) :: padded = "warm"
    integer :: i

    call begin_test("logs values")
    acc = accelerator_create(cpu=.true., log_with="csv", project_dir="tracked")
    call expect_text(accelerator_project_dir(acc), "tracked")
    call expect_text(accelerator_logging_dir(acc), "tracked")
    call accelerator_init_trackers(acc, "run", [accel_log_value("lr", 1d-3), accel_log_value("schedule", "linear")])
    do i = 0, 2
      call accelerator_log(acc, [accel_log_value("loss", 0.5_real64 + i), accel_log_value("n", i)], step=i)
    end do
    values = [accel_log_value("note", padded)]
    call accelerator_log(acc, values)
    call accelerator_end_training(acc)
    call accelerator_init_trackers(acc, "run")
    call expect_no_failure()
    call expect_true(accelerator_finish(acc) == 0, "finishes")
    call expect_text(content("tracked/run/metrics.csv"), "step,loss,n,note|0,0.5,0,|1,1.5,1,|2,2.5,2,|,,,""warm""|")
    call expect_text(content("tracked/run/hparams.csv"), "lr,schedule|0.001,""linear""|")
  end subroutine

  subroutine refuses_values()
    type(accelerator) :: acc
    type(accel_log_value) :: nameless, other
    integer :: status

    call begin_test("refuses values")
    acc = accelerator_create(cpu=.true., log_with="csv", project_dir="tracked")
    call accelerator_log(acc, [accel_log_value("loss", 1d0)], status=status)
    call expect_true(status == accel_einval, "before a run")
    call expect_failure(accel_einval, "accelerator_log: no run is under way")
    call accelerator_init_trackers(acc, "run")
    call accelerator_log(acc, [accel_log_value("a", 1d0), nameless])
    call expect_failure(accel_einval, "accelerator_log: value 2 of the list has no name")
    other = accel_log_value("logical", .true.)
    call expect_failure(accel_einval, "accel_log_value: value must be a number or a text")
    other = accel_log_value("long", repeat("x", 4097))
    call expect_failure(accel_einval, "accel_log_value: text must be at most 4096 bytes long, got 4097")
    other = accel_log_value(repeat("n", 257), 1)
    call expect_failure(accel_einval, "accel_log_value: name must be at most 256 bytes long, got 257")
    call accelerator_log(acc, [accel_log_value(repeat("n", 256), 1.5), accel_log_value("long", repeat("x", 4096)), &
      accel_log_value("large", 4294967296_int64)])
    call expect_no_failure()
    call accelerator_log(acc, [accel_log_value("a", 1d0)], step=0.5)
    call expect_failure(accel_einval, "accelerator_log: step must be an integer")
    call expect_true(accelerator_finish(acc) == 0, "finishes")
  end subroutine

  ! A file, with | for the ends of its lines.
  function content(path)
    character(*), intent(in) :: path
    character(:), allocatable :: content
    character(256) :: line
    integer :: unit, status

    content = ""
    open (newunit=unit, file=path, action="read", status="old", iostat=status)
    do while (status == 0)
      read (unit, "(a)", iostat=status) line
      if (status == 0) content = content//trim(line)//"|"
    end do
    close (unit)
  end function

  subroutine remove(path)
    character(*), intent(in) :: path
    integer :: unit, status

    open (newunit=unit, file=path, iostat=status)
    if (status == 0) close (unit, status="delete")
  end subroutine
end program
