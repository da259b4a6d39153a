! Values for trackers: a list of name and number, or name and text.
module accel_trackers
  use accel_c, c_log_value => accel_log_value
  use accel_handles
  use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
  implicit none
  private
  public :: accelerator_init_trackers, accelerator_log

  integer, parameter :: name_max = 256, text_max = 4096

  ! Its components have a fixed length: gfortran loses the memory of others where they stand in a list.
  type, public :: accel_log_value
    private
    character(name_max) :: name = ""
    real(real64) :: number = 0
    character(text_max) :: text = ""
    logical :: is_text = .false.
  end type

  ! accel_log_value("loss", 0.5d0), accel_log_value("epoch", 3), accel_log_value("note", "warm").
  interface accel_log_value
    procedure make_value
  end interface

  ! A list as C reads it.
  type :: c_strings
    character(kind=c_char) :: name(name_max + 1), text(text_max + 1)
  end type
contains
  ! call accelerator_init_trackers(acc, "run", [accel_log_value("lr", 1d-3), accel_log_value("schedule", "linear")])
  subroutine accelerator_init_trackers(acc, run_name, values, status)
    type(accelerator), intent(in) :: acc
    character(*), intent(in) :: run_name
    type(accel_log_value), intent(in), optional :: values(:)
    integer, intent(out), optional :: status
    type(c_log_value), allocatable :: list(:)
    type(c_strings), allocatable, target :: strings(:)

    allocate (list(0))
    if (present(values)) call pass(values, list, strings)
    call give_status(c_accelerator_init_trackers(acc%address, c_text(run_name), list, size(list, kind=c_size_t)), status)
  end subroutine

  ! call accelerator_log(acc, [accel_log_value("loss", accel_item(loss))], step=step)
  subroutine accelerator_log(acc, values, step, status)
    type(accelerator), intent(in) :: acc
    type(accel_log_value), intent(in) :: values(:)
    class(*), intent(in), optional :: step
    integer, intent(out), optional :: status
    type(accelerator_log_options) :: options
    type(c_log_value), allocatable :: list(:)
    type(c_strings), allocatable, target :: strings(:)

    options = c_accelerator_log_options_default()
    if (present(step)) options%step = whole_number(step, "accelerator_log", "step")
    call pass(values, list, strings)
    call give_status(c_accelerator_log_with(acc%address, list, size(list, kind=c_size_t), options), status)
  end subroutine

  function make_value(name, value) result(made)
    character(*), intent(in) :: name
    class(*), intent(in) :: value
    type(accel_log_value) :: made

    call check_length("name", len_trim(name), name_max)
    made%name = name
    select type (value)
    type is (real(real64)); made%number = value
    type is (real(real32)); made%number = value
    type is (integer(int8)); made%number = value
    type is (integer(int16)); made%number = value
    type is (integer(int32)); made%number = value
    type is (integer(int64)); made%number = real(value, real64)
    type is (character(*))
      call check_length("text", len_trim(value), text_max)
      made%text = value
      made%is_text = .true.
    class default
      call refuse("accel_log_value", "value must be a number or a text")
    end select
  end function

  subroutine check_length(what, length, most)
    character(*), intent(in) :: what
    integer, intent(in) :: length, most
    character(80) :: line

    if (length <= most) return
    write (line, "(2a, i0, a, i0)") what, " must be at most ", most, " bytes long, got ", length
    call refuse("accel_log_value", line)
  end subroutine

  ! The list as C has it, whose names and texts are in `strings`.
  subroutine pass(values, list, strings)
    type(accel_log_value), intent(in) :: values(:)
    type(c_log_value), allocatable, intent(out) :: list(:)
    type(c_strings), allocatable, target, intent(inout) :: strings(:)
    integer :: i

    allocate (list(size(values)), strings(size(values)))
    do i = 1, size(values)
      call copy(values(i)%name, strings(i)%name)
      call copy(values(i)%text, strings(i)%text)
      list(i) = c_log_value(c_loc(strings(i)%name), values(i)%number, c_null_ptr)
      if (values(i)%is_text) list(i)%text = c_loc(strings(i)%text)
    end do
  end subroutine

  subroutine copy(text, bytes)
    character(*), intent(in) :: text
    character(kind=c_char), intent(out) :: bytes(:)
    integer :: i

    do i = 1, len_trim(text)
      bytes(i) = text(i:i)
    end do
    bytes(len_trim(text) + 1) = c_null_char
  end subroutine
end module
