! Fortran arrays as tensors, and the other way round.
!
! Tensors count their dimensions from the slowest: an array a(n, m) is a tensor of shape (m, n). The kinds are real32,
! real64, int32 and int64, the ranks whatever Fortran has.
module accel_arrays
  use accel_c
  use accel_handles
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  implicit none
  private
  public :: accel_tensor_copy_from, accel_tensor_copy_to, accel_tensor_data, accel_tensor_sizes, accel_tensor_wrap

  ! accel_tensor_wrap(array): a tensor over the array's own memory, sections included: new. The array has the attribute
  ! `target`, and lives as long as a tensor that shares its memory does.
  interface accel_tensor_wrap
    procedure wrap_real32, wrap_real64, wrap_int32, wrap_int64
  end interface

  ! accel_tensor_copy_from(array): a tensor with a copy of the array: new.
  interface accel_tensor_copy_from
    procedure copy_from_real32, copy_from_real64, copy_from_int32, copy_from_int64
  end interface

  ! call accel_tensor_copy_to(tensor, array): copies a tensor into an array of its kind and shape.
  interface accel_tensor_copy_to
    procedure copy_to_real32, copy_to_real64, copy_to_int32, copy_to_int64
  end interface

  ! call accel_tensor_data(tensor, pointer): points at the tensor's own memory, which is borrowed from it. A pointer of another
  ! kind or rank than the tensor's is an error, and points at nothing then.
  interface accel_tensor_data
    procedure data_real32, data_real64, data_int32, data_int64
  end interface

  interface
    function c_wrap(array, dtype) bind(c, name="accel_fortran_wrap")
      import
      type(*), intent(inout), target :: array(..)
      integer(c_int), value :: dtype
      type(c_ptr) :: c_wrap
    end function

    function c_copy_from(array, dtype) bind(c, name="accel_fortran_copy_from")
      import
      type(*), intent(in) :: array(..)
      integer(c_int), value :: dtype
      type(c_ptr) :: c_copy_from
    end function

    function c_copy_to(tensor, array, dtype) bind(c, name="accel_fortran_copy_to")
      import
      type(c_ptr), value :: tensor
      type(*), intent(inout) :: array(..)
      integer(c_int), value :: dtype
      integer(c_int) :: c_copy_to
    end function

    function c_data_real32(array, tensor) bind(c, name="accel_fortran_data_real32")
      import
      real(c_float), pointer, intent(out) :: array(..)
      type(c_ptr), value :: tensor
      integer(c_int) :: c_data_real32
    end function

    function c_data_real64(array, tensor) bind(c, name="accel_fortran_data_real64")
      import
      real(c_double), pointer, intent(out) :: array(..)
      type(c_ptr), value :: tensor
      integer(c_int) :: c_data_real64
    end function

    function c_data_int32(array, tensor) bind(c, name="accel_fortran_data_int32")
      import
      integer(c_int32_t), pointer, intent(out) :: array(..)
      type(c_ptr), value :: tensor
      integer(c_int) :: c_data_int32
    end function

    function c_data_int64(array, tensor) bind(c, name="accel_fortran_data_int64")
      import
      integer(c_int64_t), pointer, intent(out) :: array(..)
      type(c_ptr), value :: tensor
      integer(c_int) :: c_data_int64
    end function
  end interface
contains
  function wrap_real32(array) result(tensor)
    real(real32), target, intent(inout) :: array(..)
    type(accel_tensor) :: tensor

    tensor%address = c_wrap(array, accel_float32)
  end function

  function wrap_real64(array) result(tensor)
    real(real64), target, intent(inout) :: array(..)
    type(accel_tensor) :: tensor

    tensor%address = c_wrap(array, accel_float64)
  end function

  function wrap_int32(array) result(tensor)
    integer(int32), target, intent(inout) :: array(..)
    type(accel_tensor) :: tensor

    tensor%address = c_wrap(array, accel_int32)
  end function

  function wrap_int64(array) result(tensor)
    integer(int64), target, intent(inout) :: array(..)
    type(accel_tensor) :: tensor

    tensor%address = c_wrap(array, accel_int64)
  end function

  function copy_from_real32(array) result(tensor)
    real(real32), contiguous, intent(in) :: array(..)
    type(accel_tensor) :: tensor

    tensor%address = c_copy_from(array, accel_float32)
  end function

  function copy_from_real64(array) result(tensor)
    real(real64), contiguous, intent(in) :: array(..)
    type(accel_tensor) :: tensor

    tensor%address = c_copy_from(array, accel_float64)
  end function

  function copy_from_int32(array) result(tensor)
    integer(int32), contiguous, intent(in) :: array(..)
    type(accel_tensor) :: tensor

    tensor%address = c_copy_from(array, accel_int32)
  end function

  function copy_from_int64(array) result(tensor)
    integer(int64), contiguous, intent(in) :: array(..)
    type(accel_tensor) :: tensor

    tensor%address = c_copy_from(array, accel_int64)
  end function

  subroutine copy_to_real32(tensor, array, status)
    type(accel_tensor), intent(in) :: tensor
    real(real32), contiguous, intent(inout) :: array(..)
    integer, intent(out), optional :: status

    call give_status(c_copy_to(tensor%address, array, accel_float32), status)
  end subroutine

  subroutine copy_to_real64(tensor, array, status)
    type(accel_tensor), intent(in) :: tensor
    real(real64), contiguous, intent(inout) :: array(..)
    integer, intent(out), optional :: status

    call give_status(c_copy_to(tensor%address, array, accel_float64), status)
  end subroutine

  subroutine copy_to_int32(tensor, array, status)
    type(accel_tensor), intent(in) :: tensor
    integer(int32), contiguous, intent(inout) :: array(..)
    integer, intent(out), optional :: status

    call give_status(c_copy_to(tensor%address, array, accel_int32), status)
  end subroutine

  subroutine copy_to_int64(tensor, array, status)
    type(accel_tensor), intent(in) :: tensor
    integer(int64), contiguous, intent(inout) :: array(..)
    integer, intent(out), optional :: status

    call give_status(c_copy_to(tensor%address, array, accel_int64), status)
  end subroutine

  subroutine data_real32(tensor, array, status)
    type(accel_tensor), intent(in) :: tensor
    real(real32), pointer, intent(out) :: array(..)
    integer, intent(out), optional :: status

    call give_status(c_data_real32(array, tensor%address), status)
  end subroutine

  subroutine data_real64(tensor, array, status)
    type(accel_tensor), intent(in) :: tensor
    real(real64), pointer, intent(out) :: array(..)
    integer, intent(out), optional :: status

    call give_status(c_data_real64(array, tensor%address), status)
  end subroutine

  subroutine data_int32(tensor, array, status)
    type(accel_tensor), intent(in) :: tensor
    integer(int32), pointer, intent(out) :: array(..)
    integer, intent(out), optional :: status

    call give_status(c_data_int32(array, tensor%address), status)
  end subroutine

  subroutine data_int64(tensor, array, status)
    type(accel_tensor), intent(in) :: tensor
    integer(int64), pointer, intent(out) :: array(..)
    integer, intent(out), optional :: status

    call give_status(c_data_int64(array, tensor%address), status)
  end subroutine

  ! The shape of a tensor, its slowest dimension first: that of an array over its memory, reversed. Empty on failure.
  function accel_tensor_sizes(tensor)
    type(accel_tensor), intent(in) :: tensor
    integer(int64), allocatable :: accel_tensor_sizes(:)
    integer(c_int) :: i

    accel_tensor_sizes = [(c_accel_tensor_size(tensor%address, i), i = 0, int(c_accel_tensor_rank(tensor%address), c_int) - 1)]
  end function
end module
