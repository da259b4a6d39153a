! Fortran arrays as tensors and tensors as Fortran arrays: kinds, ranks, sections, and what is refused.
program test_arrays
  use accel
  use expect
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  implicit none

  type :: cell
    real(real32) :: pressure = 0, temperature = 0
    integer(int32) :: kind = 0
  end type

  call wraps_every_kind()
  call wraps_every_rank()
  call wraps_sections()
  call wraps_what_a_procedure_was_given()
  call writes_go_both_ways()
  call refuses_what_cannot_be_wrapped()
  call copies_from_expressions()
  call copies_to_arrays()
  call points_at_data()
  call refuses_other_pointers()
  call gives_gradients_to_arrays()
  call finish_tests()
contains
  subroutine expect_sizes(tensor, sizes, what)
    type(accel_tensor), intent(in) :: tensor
    integer, intent(in) :: sizes(:)
    character(*), intent(in) :: what

    call expect_true(size(accel_tensor_sizes(tensor)) == size(sizes), what//": rank")
    if (size(accel_tensor_sizes(tensor)) == size(sizes)) &
      call expect_true(all(accel_tensor_sizes(tensor) == sizes), what//": sizes")
  end subroutine

  ! The elements of a tensor in its order, row by row.
  subroutine expect_elements(tensor, expected, what)
    type(accel_tensor), intent(in) :: tensor
    integer, intent(in) :: expected(:)
    character(*), intent(in) :: what
    integer(int64) :: list(size(expected))

    list = -1
    call expect_true(accel_tensor_numel(tensor) == size(expected), what//": number of elements")
    if (accel_tensor_numel(tensor) /= size(expected)) return
    call accel_tensor_copy_to(accel_reshape(accel_to_dtype(tensor, accel_int64), [-1]), list)
    call expect_true(all(list == expected), what//": elements")
  end subroutine

  subroutine wraps_every_kind()
    real(real32), target :: singles(2)
    real(real64), target :: doubles(2)
    integer(int32), target :: integers(2)
    integer(int64), target :: longs(2)

    call begin_test("wraps every kind")
    singles = [1, 2]; doubles = [3, 4]; integers = [5, 6]; longs = [7, 8]
    call expect_true(accel_tensor_dtype(accel_tensor_wrap(singles)) == accel_float32, "real32 is float32")
    call expect_true(accel_tensor_dtype(accel_tensor_wrap(doubles)) == accel_float64, "real64 is float64")
    call expect_true(accel_tensor_dtype(accel_tensor_wrap(integers)) == accel_int32, "int32 is int32")
    call expect_true(accel_tensor_dtype(accel_tensor_wrap(longs)) == accel_int64, "int64 is int64")
    call expect_elements(accel_tensor_wrap(singles), [1, 2], "real32")
    call expect_elements(accel_tensor_wrap(doubles), [3, 4], "real64")
    call expect_elements(accel_tensor_wrap(integers), [5, 6], "int32")
    call expect_elements(accel_tensor_wrap(longs), [7, 8], "int64")
  end subroutine

  subroutine wraps_every_rank()
    integer(int32), target :: zero, one(3), two(2, 3), three(2, 3, 4), four(1, 2, 3, 4), five(2, 1, 2, 1, 2), none(0, 3)
    integer(int32), allocatable, target :: shifted(:, :)
    integer :: i

    call begin_test("wraps every rank")
    zero = 7
    one = [1, 2, 3]; two = reshape([(i, i = 1, 6)], shape(two)); three = reshape([(i, i = 1, 24)], shape(three))
    four = reshape([(i, i = 1, 24)], shape(four)); five = reshape([(i, i = 1, 8)], shape(five))
    allocate (shifted(-1:1, 0:1))
    shifted = reshape([(i, i = 1, 6)], [3, 2])
    call expect_sizes(accel_tensor_wrap(zero), [integer ::], "rank 0")
    call expect_true(accel_item_integer(accel_tensor_wrap(zero)) == 7, "rank 0 has its value")
    call expect_sizes(accel_tensor_wrap(one), [3], "rank 1")
    call expect_sizes(accel_tensor_wrap(two), [3, 2], "rank 2")
    call expect_elements(accel_tensor_wrap(two), [(i, i = 1, 6)], "rank 2")
    call expect_sizes(accel_tensor_wrap(three), [4, 3, 2], "rank 3")
    call expect_elements(accel_tensor_wrap(three), [(i, i = 1, 24)], "rank 3")
    call expect_sizes(accel_tensor_wrap(four), [4, 3, 2, 1], "rank 4")
    call expect_elements(accel_tensor_wrap(four), [(i, i = 1, 24)], "rank 4")
    call expect_sizes(accel_tensor_wrap(five), [2, 1, 2, 1, 2], "rank 5")
    call expect_elements(accel_tensor_wrap(five), [(i, i = 1, 8)], "rank 5")
    call expect_true(accel_tensor_is_contiguous(accel_tensor_wrap(four)), "a whole array has no gaps")
    call expect_sizes(accel_tensor_wrap(shifted), [2, 3], "bounds of its own")
    call expect_elements(accel_tensor_wrap(shifted), [(i, i = 1, 6)], "bounds of its own")
    call expect_sizes(accel_tensor_wrap(none), [3, 0], "no elements")
  end subroutine

  subroutine wraps_sections()
    integer(int32), target :: grid(6, 4), line(10)
    type(cell), target :: cells(3)
    integer :: i

    call begin_test("wraps sections")
    grid = reshape([(i, i = 1, 24)], shape(grid)); line = [(i, i = 1, 10)]
    cells = [(cell(0.0, real(i), 10 * i), i = 1, 3)]
    call expect_sizes(accel_tensor_wrap(grid(2:5, 2:3)), [2, 4], "what a halo surrounds")
    call expect_elements(accel_tensor_wrap(grid(2:5, 2:3)), [8, 9, 10, 11, 14, 15, 16, 17], "what a halo surrounds")
    call expect_elements(accel_tensor_wrap(grid(3, :)), [3, 9, 15, 21], "a row")
    call expect_elements(accel_tensor_wrap(grid(:, 2)), [7, 8, 9, 10, 11, 12], "a column")
    call expect_elements(accel_tensor_wrap(line(2::4)), [2, 6, 10], "every fourth")
    call expect_elements(accel_tensor_wrap(cells%temperature), [1, 2, 3], "a component")
    call expect_elements(accel_tensor_wrap(cells%kind), [10, 20, 30], "another component")
    call accel_tensor_assign(accel_tensor_wrap(grid(2:5:3, 1:4:3)), accel_zeros(accel_int32, [integer ::]))
    call expect_true(all(grid(2:5:3, 1:4:3) == 0), "writes reach a section")
    call expect_true(count(grid == 0) == 4, "and nothing else")
  end subroutine

  subroutine wraps_what_a_procedure_was_given()
    integer(int32), target :: grid(4, 3)
    integer(int32), pointer :: some(:, :)
    integer :: i

    call begin_test("wraps what a procedure was given")
    grid = reshape([(i, i = 1, 12)], shape(grid))
    some => grid(::3, 2:)
    call expect_elements(accel_tensor_wrap(some), [5, 8, 9, 12], "a pointer")
    call fill(grid(2:3, :))
    call expect_true(all(grid(2:3, :) == 9) .and. count(grid == 9) == 7, "an argument's section is no copy")
    call fill_whole(grid, 4, 3)
    call expect_true(all(grid == 8), "an argument of explicit shape is none either")
  end subroutine

  subroutine fill(given)
    integer(int32), target, intent(inout) :: given(:, :)

    call accel_tensor_assign(accel_tensor_wrap(given), accel_full(9d0, accel_int32, [integer ::]))
  end subroutine

  subroutine fill_whole(given, n, m)
    integer, intent(in) :: n, m
    integer(int32), target, intent(inout) :: given(n, m)

    call accel_tensor_assign(accel_tensor_wrap(given), accel_full(8d0, accel_int32, [integer ::]))
  end subroutine

  subroutine writes_go_both_ways()
    real(real64), target :: field(2, 2)
    type(accel_tensor) :: tensor

    call begin_test("writes go both ways")
    field = 1
    tensor = accel_tensor_wrap(field)
    field(2, 1) = 5
    call expect_true(accel_item(accel_sum(tensor)) == 8, "the tensor sees the array")
    tensor = accel_fill_in_place(tensor, 2d0)
    call expect_true(all(field == 2), "the array sees the tensor")
  end subroutine

  subroutine refuses_what_cannot_be_wrapped()
    integer(int32), target :: line(4)
    integer :: i

    call begin_test("refuses what cannot be wrapped")
    line = [(i, i = 1, 4)]
    call expect_true(accel_is_null(accel_tensor_wrap(line(4:1:-1))), "a reversed array is no tensor")
    call expect_failure(accel_einval, "accel_tensor_wrap: strides[0] must not be negative, got -1")
  end subroutine

  subroutine copies_from_expressions()
    integer(int32), parameter :: fixed(2, 2) = reshape([1, 2, 3, 4], [2, 2])
    integer(int32) :: line(6)
    type(accel_tensor) :: tensor
    integer :: i

    call begin_test("copies from expressions")
    line = [(i, i = 1, 6)]
    tensor = accel_tensor_copy_from(line(1:6:2))
    line = 0
    call expect_elements(tensor, [1, 3, 5], "a section, as it was")
    call expect_elements(accel_tensor_copy_from(fixed + 1), [2, 3, 4, 5], "an expression")
    call expect_sizes(accel_tensor_copy_from(reshape([1d0, 2d0, 3d0], [3, 1])), [1, 3], "reversed as well")
    call expect_true(accel_item(accel_tensor_copy_from(2.5)) == 2.5, "a number")
    call expect_true(accel_item_integer(accel_tensor_copy_from(5000000000_int64)) == 5000000000_int64, "a large one")
  end subroutine

  subroutine copies_to_arrays()
    real(real32) :: grid(4, 3), scalar
    real(real64) :: doubles(3)
    type(accel_tensor) :: tensor
    integer :: status, i

    call begin_test("copies to arrays")
    tensor = accel_reshape(accel_to_dtype(accel_arange(6), accel_float32), [3, 2])
    grid = -1
    call accel_tensor_copy_to(tensor, grid(2:3, :), status)
    call expect_true(status == accel_ok, "a section takes a tensor")
    call expect_true(all(grid(2:3, :) == reshape([(real(i), i = 0, 5)], [2, 3])), "its elements")
    call expect_true(all(grid(1::3, :) == -1), "and nothing around them")
    call accel_tensor_copy_to(accel_transpose(tensor, 0, 1), grid(:3, 1:2))
    call expect_true(all(grid(:3, 1:2) == reshape([0.0, 2.0, 4.0, 1.0, 3.0, 5.0], [3, 2])), "a tensor with gaps")
    call accel_tensor_copy_to(accel_scalar(2d0, accel_float32), scalar)
    call expect_true(scalar == 2, "a number")

    call accel_tensor_copy_to(tensor, grid(1:3, 1:2), status)
    call expect_true(status == accel_einval, "another shape has a status")
    call expect_failure(accel_einval, "accel_tensor_copy_to: the array has 2 elements along dimension 2, the tensor 3")
    call accel_tensor_copy_to(tensor, doubles)
    call expect_failure(accel_einval, "accel_tensor_copy_to: the array is of dtype float64, the tensor of float32")
    call accel_tensor_copy_to(tensor, grid(:, 1))
    call expect_failure(accel_einval, "accel_tensor_copy_to: the array has 1 dimensions, the tensor 2")
    call accel_tensor_copy_to(accel_tensor(), grid)
    call expect_failure(accel_einval, "accel_tensor_rank: tensor is NULL")
  end subroutine

  subroutine points_at_data()
    real(real32), target :: field(3, 2)
    real(real32), pointer :: matrix(:, :), vector(:), number
    integer(int64), pointer :: longs(:)
    type(accel_tensor) :: tensor
    integer :: status

    call begin_test("points at data")
    field = reshape([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [3, 2])
    tensor = accel_tensor_wrap(field)
    call accel_tensor_data(tensor, matrix, status)
    call expect_true(status == accel_ok .and. associated(matrix, field), "the array itself")
    call expect_true(all(lbound(matrix) == 1) .and. all(shape(matrix) == [3, 2]), "bounds from 1")
    call accel_tensor_data(accel_transpose(tensor, 0, 1), matrix)
    call expect_true(all(matrix == transpose(field)), "a transposed tensor, without a copy")
    matrix(2, 3) = 60
    call expect_true(field(3, 2) == 60, "whose elements are the array's")
    call accel_tensor_data(accel_select_row(tensor), vector)
    call expect_true(all(vector == [4.0, 5.0, 60.0]), "a row of the tensor is a column")
    call accel_tensor_data(accel_arange(3), longs)
    call expect_true(all(longs == [0, 1, 2]), "integers")
    nullify (number)
    call accel_tensor_data(accel_scalar(3d0, accel_float32), number)
    call expect_true(number == 3, "a number")
    call accel_tensor_data(accel_zeros(accel_float32, [0, 3]), matrix)
    call expect_true(associated(matrix) .and. size(matrix) == 0, "no elements")
    call expect_true(all(shape(matrix) == [3, 0]), "of a shape")
  end subroutine

  function accel_select_row(tensor) result(row)
    type(accel_tensor), intent(in) :: tensor
    type(accel_tensor) :: row

    row = accel_op("aten::select.int", tensor, 0, 1)
  end function

  subroutine refuses_other_pointers()
    real(real32), pointer :: matrix(:, :)
    real(real64), pointer :: doubles(:)
    real(real32), target :: before(1, 1)
    integer :: status

    call begin_test("refuses other pointers")
    matrix => before
    call accel_tensor_data(accel_zeros(accel_float32, [3]), matrix, status)
    call expect_true(status == accel_einval .and. .not. associated(matrix), "another rank points at nothing")
    call expect_failure(accel_einval, "accel_tensor_data: the array has 2 dimensions, the tensor 1")
    call accel_tensor_data(accel_zeros(accel_float32, [3]), doubles)
    call expect_true(.not. associated(doubles), "nor does another kind")
    call expect_failure(accel_einval, "accel_tensor_data: the array is of dtype float64, the tensor of float32")
    call accel_tensor_data(accel_tensor(), doubles)
    call expect_true(.not. associated(doubles), "nor does no tensor")
    call expect_failure(accel_einval, "accel_tensor_rank: tensor is NULL")
  end subroutine

  subroutine gives_gradients_to_arrays()
    real(real64), target :: weights(3)
    real(real64), pointer :: gradient(:)
    type(accel_tensor) :: w

    call begin_test("gives gradients to arrays")
    weights = [1, 2, 3]
    w = accel_tensor_wrap(weights)
    call accel_set_requires_grad(w, .true.)
    call accel_backward(accel_sum(accel_square(w)))
    call accel_tensor_data(accel_grad(w), gradient)
    call expect_true(all(gradient == 2 * weights), "of their squares")
    if (associated(gradient)) weights = weights - 0.5d0 * gradient
    call expect_true(accel_item(accel_sum(w)) == 0, "and takes what they become")
  end subroutine
end program
