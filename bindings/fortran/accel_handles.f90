! Handles, and how values pass between Fortran and C.
!
! Each kind of handle of accel/scope.h is a type, so that a wrong one is a compile error. A handle that was never set is C's NULL:
! accel_module() is one, and accel_is_null tells.
module accel_handles
  use accel_c
  use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64
  implicit none
  private
  public :: accel_error_raise, accel_is_null, c_text, fortran_text, give_status, refuse
  public :: whole_int, whole_number, whole_numbers, whole_size

  type, abstract, public :: accel_handle
    type(c_ptr) :: address = c_null_ptr
  end type

  type, extends(accel_handle), public :: accelerator
  end type
  type, extends(accel_handle), public :: accel_scope
  end type

  ! What belongs to a scope, and accel_keep and accel_free take.
  type, abstract, extends(accel_handle), public :: accel_object
  end type

  type, extends(accel_object), public :: accel_tensor
  end type
  type, extends(accel_object), public :: accel_dict
  end type
  type, extends(accel_object), public :: accel_generator
  end type
  type, extends(accel_object), public :: accel_dataset
  end type
  type, extends(accel_object), public :: accel_table
  end type
  type, extends(accel_object), public :: accel_tokenizer
  end type
  type, extends(accel_object), public :: accel_progress
  end type

  ! What accelerator_prepare takes.
  type, abstract, extends(accel_object), public :: accel_prepared
  end type

  type, extends(accel_prepared), public :: accel_module
  end type
  type, extends(accel_prepared), public :: accel_optimizer
  end type
  type, extends(accel_prepared), public :: accel_scheduler
  end type
  type, extends(accel_prepared), public :: accel_loader
  end type

  interface
    function c_strlen(text) bind(c, name="strlen")
      import
      type(c_ptr), value :: text
      integer(c_size_t) :: c_strlen
    end function
  end interface
contains
  ! Whether a handle was never set, or the call that was to make it failed.
  pure function accel_is_null(handle)
    class(accel_handle), intent(in) :: handle
    logical :: accel_is_null

    accel_is_null = .not. c_associated(handle%address)
  end function

  ! ---- integers of any kind; anything else is an error that names call and argument, and gives a number that nothing has ----

  function whole_number(value, call, name)
    class(*), intent(in) :: value
    character(*), intent(in) :: call, name
    integer(c_int64_t) :: whole_number

    select type (value)
    type is (integer(int8)); whole_number = value
    type is (integer(int16)); whole_number = value
    type is (integer(int32)); whole_number = value
    type is (integer(int64)); whole_number = value
    class default
      call refuse(call, name//" must be an integer")
      whole_number = huge(whole_number)
    end select
  end function

  function whole_numbers(values, call, name)
    class(*), intent(in) :: values(:)
    character(*), intent(in) :: call, name
    integer(c_int64_t) :: whole_numbers(size(values))

    select type (values)
    type is (integer(int8)); whole_numbers = values
    type is (integer(int16)); whole_numbers = values
    type is (integer(int32)); whole_numbers = values
    type is (integer(int64)); whole_numbers = values
    class default
      call refuse(call, name//" must be integers")
      whole_numbers = huge(whole_numbers)
    end select
  end function

  function whole_int(value, call, name)
    class(*), intent(in) :: value
    character(*), intent(in) :: call, name
    integer(c_int) :: whole_int
    integer(c_int64_t) :: number

    number = whole_number(value, call, name)
    whole_int = huge(whole_int)
    if (number >= -huge(whole_int) .and. number <= huge(whole_int)) then
      whole_int = int(number, c_int)
    else
      call refuse(call, name//" must be an integer of 32 bits, got "//digits_of(number))
    end if
  end function

  function whole_size(value, call, name)
    class(*), intent(in) :: value
    character(*), intent(in) :: call, name
    integer(c_size_t) :: whole_size

    whole_size = whole_number(value, call, name)
    if (whole_size < 0) call refuse(call, name//" must not be negative, got "//digits_of(whole_size))
  end function

  function digits_of(number)
    integer(c_int64_t), intent(in) :: number
    character(:), allocatable :: digits_of
    character(20) :: text

    write (text, "(i0)") number
    digits_of = trim(text)
  end function

  ! ---- errors ----

  subroutine accel_error_raise(status, call, text)
    integer(c_int), intent(in) :: status
    character(*), intent(in) :: call, text
    integer(c_int) :: recorded

    recorded = c_accel_error_raise(status, c_text(call), c_text(text))
  end subroutine

  ! Records a wrong argument.
  subroutine refuse(call, text)
    character(*), intent(in) :: call, text

    call accel_error_raise(accel_einval, call, text)
  end subroutine

  ! What a call returns, to a program that asks for it.
  subroutine give_status(from, to)
    integer(c_int), intent(in) :: from
    integer, intent(out), optional :: to

    if (present(to)) to = from
  end subroutine

  ! ---- text ----

  ! A text for C, without the spaces that fill a Fortran variable.
  pure function c_text(text)
    character(*), intent(in) :: text
    character(kind=c_char, len=:), allocatable :: c_text

    c_text = trim(text)//c_null_char
  end function

  ! A copy of C's text, of `size` bytes where that is given; "" for NULL.
  function fortran_text(address, size)
    type(c_ptr), intent(in) :: address
    integer(c_size_t), intent(in), optional :: size
    character(:), allocatable :: fortran_text
    character(kind=c_char), pointer :: bytes(:)
    integer(c_size_t) :: length, i

    length = 0
    if (present(size)) length = size
    if (c_associated(address) .and. .not. present(size)) length = c_strlen(address)
    allocate (character(length) :: fortran_text)
    if (length == 0) return
    call c_f_pointer(address, bytes, [length])
    do i = 1, length
      fortran_text(i:i) = bytes(i)
    end do
  end function
end module
