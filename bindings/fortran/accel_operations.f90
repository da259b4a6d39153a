! Any operation of the engine, by name: y = accel_op("aten::roll", x, [1], [0]).
!
! Arguments are tensors, generators, numbers, logicals, texts, and arrays of tensors or numbers, in the order of the operation's
! schema; accel_none stands for one that is absent.
module accel_operations
  use accel_c
  use accel_handles
  use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
  implicit none
  private
  public :: accel_op, accel_op_into

  type :: nothing
    integer :: unused = 0
  end type
  type(nothing), parameter, public :: accel_none = nothing()

  integer, parameter :: arguments_max = 12

  ! What the values of a call point at.
  type :: storage
    integer(int64), allocatable :: integers(:)
    real(real64), allocatable :: reals(:)
    type(c_ptr), allocatable :: tensors(:)
    character(:), allocatable :: string
  end type

  type :: arguments
    integer(c_size_t) :: count = 0
    type(accel_value) :: values(arguments_max)
    type(storage) :: stored(arguments_max)
  end type
contains
  ! The one result of an operation: new. Null on failure, or when it has none.
  function accel_op(name, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12) result(out)
    character(*), intent(in) :: name
    class(*), intent(in), optional :: a1(..), a2(..), a3(..), a4(..), a5(..), a6(..), a7(..), a8(..), a9(..), &
      a10(..), a11(..), a12(..)
    type(accel_tensor) :: out
    type(arguments), target :: given

    call collect(given, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12)
    out%address = c_accel_op_call(c_text(name), given%values, given%count)
  end function

  ! The results of one that has several: new, as many as `outs` has.
  subroutine accel_op_into(outs, name, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12)
    type(accel_tensor), intent(out) :: outs(:)
    character(*), intent(in) :: name
    class(*), intent(in), optional :: a1(..), a2(..), a3(..), a4(..), a5(..), a6(..), a7(..), a8(..), a9(..), &
      a10(..), a11(..), a12(..)
    type(arguments), target :: given
    type(c_ptr) :: addresses(size(outs))
    integer(c_int) :: status

    call collect(given, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12)
    status = c_accel_op_call_into(addresses, size(outs, kind=c_size_t), c_text(name), given%values, given%count)
    outs%address = addresses
  end subroutine

  subroutine collect(given, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12)
    type(arguments), target, intent(inout) :: given
    class(*), intent(in), optional :: a1(..), a2(..), a3(..), a4(..), a5(..), a6(..), a7(..), a8(..), a9(..), &
      a10(..), a11(..), a12(..)

    if (present(a1)) call add(given, a1)
    if (present(a2)) call add(given, a2)
    if (present(a3)) call add(given, a3)
    if (present(a4)) call add(given, a4)
    if (present(a5)) call add(given, a5)
    if (present(a6)) call add(given, a6)
    if (present(a7)) call add(given, a7)
    if (present(a8)) call add(given, a8)
    if (present(a9)) call add(given, a9)
    if (present(a10)) call add(given, a10)
    if (present(a11)) call add(given, a11)
    if (present(a12)) call add(given, a12)
  end subroutine

  subroutine add(given, argument)
    type(arguments), target, intent(inout) :: given
    class(*), intent(in) :: argument(..)

    given%count = given%count + 1
    associate (value => given%values(given%count))
      value%count = 0
      select rank (argument)
      rank (0)
        call set_scalar(value, given%stored(given%count), argument)
      rank (1)
        call set_array(value, given%stored(given%count), argument)
      rank default
        call refuse("accel_op", "an argument is a scalar or an array of one dimension; a larger one is a tensor")
      end select
    end associate
  end subroutine

  subroutine set_scalar(value, stored, argument)
    type(accel_value), intent(inout) :: value
    type(storage), target, intent(inout) :: stored
    class(*), intent(in) :: argument

    select type (argument)
    type is (accel_tensor)
      value%kind = accel_value_tensor
      value%as = transfer(argument%address, value%as)
    type is (accel_generator)
      value%kind = accel_value_generator
      value%as = transfer(argument%address, value%as)
    type is (real(real32))
      value%kind = accel_value_real
      value%as = transfer(real(argument, real64), value%as)
    type is (real(real64))
      value%kind = accel_value_real
      value%as = transfer(argument, value%as)
    type is (logical)
      value%kind = accel_value_boolean
      value%as = merge(1, 0, argument)
    type is (character(*))
      value%kind = accel_value_string
      stored%string = c_text(argument)
      value%as = transfer(c_loc(stored%string), value%as)
    type is (nothing)
      value%kind = accel_value_none
    type is (integer(int8)); call set_integer(int(argument, int64))
    type is (integer(int16)); call set_integer(int(argument, int64))
    type is (integer(int32)); call set_integer(int(argument, int64))
    type is (integer(int64)); call set_integer(argument)
    class default
      call refuse("accel_op", "an argument has a type that no operation takes")
    end select
  contains
    subroutine set_integer(number)
      integer(int64), intent(in) :: number

      value%kind = accel_value_integer
      value%as = number
    end subroutine
  end subroutine

  subroutine set_array(value, stored, argument)
    type(accel_value), intent(inout) :: value
    type(storage), target, intent(inout) :: stored
    class(*), intent(in) :: argument(:)

    value%count = size(argument, kind=c_size_t)
    select type (argument)
    type is (accel_tensor)
      value%kind = accel_value_tensors
      stored%tensors = argument%address
      value%as = transfer(c_loc(stored%tensors), value%as)
    type is (real(real32))
      value%kind = accel_value_reals
      stored%reals = argument
      value%as = transfer(c_loc(stored%reals), value%as)
    type is (real(real64))
      value%kind = accel_value_reals
      stored%reals = argument
      value%as = transfer(c_loc(stored%reals), value%as)
    type is (integer(int8)); call set_integers(int(argument, int64))
    type is (integer(int16)); call set_integers(int(argument, int64))
    type is (integer(int32)); call set_integers(int(argument, int64))
    type is (integer(int64)); call set_integers(argument)
    class default
      call refuse("accel_op", "an array has a type that no operation takes")
    end select
  contains
    subroutine set_integers(numbers)
      integer(int64), intent(in) :: numbers(:)

      value%kind = accel_value_integers
      stored%integers = numbers
      value%as = transfer(c_loc(stored%integers), value%as)
    end subroutine
  end subroutine
end module
