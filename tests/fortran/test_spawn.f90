! Two processes from within a Fortran program: what they tell each other, and a failure of one.
module processes
  use accel
  use expect
  use, intrinsic :: iso_fortran_env, only: int64, real32, real64
  implicit none
  private
  public :: fail, talk
contains
  function talk() result(status)
    integer :: status
    type(accelerator) :: acc
    type(accel_tensor) :: all_ranks, told
    type(accelerator_first_block) :: turn
    real(real64), target :: field(2)
    integer(int64) :: first, last
    integer :: rank

    call begin_test("one of two")
    acc = accelerator_create()
    rank = accelerator_process_index(acc)
    call expect_true(accelerator_num_processes(acc) == 2, "two")
    all_ranks = accelerator_gather(acc, accel_tensor_copy_from([real(rank, real32)]))
    call expect_true(accel_tensor_numel(all_ranks) == 2, "one number of each")
    call expect_true(accel_item(accel_sum(all_ranks)) == 1, "their own")
    told = accelerator_reduce(acc, accel_scalar(rank + 1d0, accel_float32), reduction="mean", scale=2d0)
    call expect_true(accel_item(told) == 3, "a mean")
    field = rank
    call accelerator_broadcast(acc, accel_tensor_wrap(field), 1)
    call expect_true(all(field == 1), "the second's array, in place")
    call accelerator_split_range(acc, 5, first, last)
    call expect_true(last - first == 3 - rank, "a share")
    turn = accelerator_main_process_first_begin(acc)
    call accelerator_process_first_end(turn)
    if (accelerator_is_main_process(acc)) call accelerator_set_trigger(acc)
    call expect_true(accelerator_check_trigger(acc), "a word to all")
    call accelerator_wait_for_everyone(acc)
    status = accelerator_finish(acc)
    call finish_tests()
  end function

  function fail() result(status)
    integer :: status
    type(accelerator) :: acc

    acc = accelerator_create()
    status = 0
    if (accelerator_process_index(acc) == 1) status = 7
    if (status == 0) status = accelerator_finish(acc)
  end function
end module

program test_spawn
  use accel
  use expect
  use processes
  implicit none
  integer :: status

  call begin_test("two processes talk")
  status = accelerator_spawn(talk, 2)
  call expect_true(status == 0, "all is well in both")
  call begin_test("the one that fails is told")
  status = accelerator_spawn(fail, 2)
  call expect_true(status == 7, "its exit status is the result")
  call begin_test("refuses numbers of processes")
  status = accelerator_spawn(talk, 0)
  call expect_failure(accel_einval, "accelerator_spawn: ")
  status = accelerator_spawn(talk, 2.0)
  call expect_failure(accel_einval, "accelerator_spawn: num_processes must be an integer")
  call finish_tests()
end program
