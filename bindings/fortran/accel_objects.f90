! Calls for several kinds of handle, and the loop over a loader.
module accel_objects
  use accel_c, c_preparable => accel_preparable
  use accel_calls
  use accel_handles
  implicit none
  private
  public :: accel_forward, accel_free, accel_get, accel_keep, accel_loader_next, accel_release, accel_retain
  public :: accel_sequential, accel_table_field, accelerator_exit, accelerator_prepare

  interface
    subroutine c_exit(status) bind(c, name="exit")
      import
      integer(c_int), value :: status
    end subroutine
  end interface

  ! y = accel_forward(module, x), for a tensor or a dict.
  interface accel_forward
    procedure accel_forward_tensor, accel_forward_dict
  end interface

  ! accel_get(outputs, "loss").
  interface accel_get
    procedure accel_dict_get
  end interface

  ! accel_sequential([accel_linear(2, 8), accel_tanh_module(), accel_linear(8, 1)]).
  interface accel_sequential
    procedure accel_sequential_of
  end interface
contains
  ! ---- the end of a program ----

  ! accelerator_finish, and the program ends with the exit status that it gives.
  subroutine accelerator_exit(acc)
    type(accelerator), intent(in) :: acc

    call c_exit(int(accelerator_finish(acc), c_int))
  end subroutine

  ! ---- whatever can be prepared, in any order ----

  subroutine accelerator_prepare(acc, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, status)
    type(accelerator), intent(in) :: acc
    class(accel_prepared), intent(in) :: a1
    class(accel_prepared), intent(in), optional :: a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12
    integer, intent(out), optional :: status
    type(c_preparable) :: items(12)
    integer(c_size_t) :: count

    count = 0
    call add(a1)
    if (present(a2)) call add(a2)
    if (present(a3)) call add(a3)
    if (present(a4)) call add(a4)
    if (present(a5)) call add(a5)
    if (present(a6)) call add(a6)
    if (present(a7)) call add(a7)
    if (present(a8)) call add(a8)
    if (present(a9)) call add(a9)
    if (present(a10)) call add(a10)
    if (present(a11)) call add(a11)
    if (present(a12)) call add(a12)
    call give_status(c_accelerator_prepare_items(acc%address, items, count), status)
  contains
    subroutine add(item)
      class(accel_prepared), intent(in) :: item

      count = count + 1
      items(count) = c_preparable(kind_of(item), item%address)
    end subroutine
  end subroutine

  function kind_of(item) result(kind)
    class(accel_prepared), intent(in) :: item
    integer :: kind

    kind = accel_preparable_module
    select type (item)
    type is (accel_optimizer); kind = accel_preparable_optimizer
    type is (accel_scheduler); kind = accel_preparable_scheduler
    type is (accel_loader); kind = accel_preparable_loader
    end select
  end function

  ! ---- the loop over a loader ----

  ! The next batch of an epoch that accel_loader_begin began; false after the last one, or on failure, where the loop has ended.
  !
  !     call accel_loader_begin(train)
  !     do while (accel_loader_next(train, batch))
  !       …
  !     end do
  !
  ! A loop that is left early ends with accel_loader_end.
  function accel_loader_next(loader, batch) result(more)
    type(accel_loader), intent(in) :: loader
    type(accel_dict), intent(out) :: batch
    logical :: more

    batch%address = c_accel_loader_next(loader%address)
    more = .not. accel_is_null(batch)
    if (.not. more) call c_accel_loader_end(loader%address)
  end function

  ! ---- who owns what: see accel/scope.h ----

  ! Moves a handle one scope out.
  subroutine accel_keep(handle)
    class(accel_object), intent(inout) :: handle

    handle%address = c_accel_keep_handle(handle%address)
  end subroutine

  ! Ends a handle now.
  subroutine accel_free(handle)
    class(accel_object), intent(in) :: handle

    call c_accel_free_handle(handle%address)
  end subroutine

  ! A further reference, until accel_release.
  subroutine accel_retain(handle)
    class(accel_object), intent(inout) :: handle

    handle%address = c_accel_retain_handle(handle%address)
  end subroutine

  subroutine accel_release(handle)
    class(accel_object), intent(in) :: handle

    call c_accel_release_handle(handle%address)
  end subroutine

  ! ---- tables ----

  ! A field, counted from 0: its bytes. "" with an error recorded when there is none.
  function accel_table_field(table, row, column) result(field)
    type(accel_table), intent(in) :: table
    class(*), intent(in) :: row, column
    character(:), allocatable :: field
    type(c_ptr) :: bytes
    integer(c_size_t) :: size

    bytes = c_accel_table_field(table%address, whole_number(row, "accel_table_field", "row"), &
      whole_number(column, "accel_table_field", "column"), size)
    if (.not. c_associated(bytes)) size = 0
    field = fortran_text(bytes, size)
  end function
end module
