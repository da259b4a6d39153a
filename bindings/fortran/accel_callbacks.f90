! What a program gives the library to call: networks, sources of samples, a log, a function for several processes.
!
! A network or a source is a type of the program's own that extends one of these and has its state as components. The library
! borrows the variable: it has the attribute `target` and lives as long as the module or dataset does.
module accel_callbacks
  use accel_c
  use accel_handles
  use, intrinsic :: iso_fortran_env, only: int64, output_unit, real64
  implicit none
  private
  public :: accel_module_create, accel_dataset_create, accel_iterable_dataset
  public :: accel_collate_stack, accel_collate_padded, accel_log_set_callback, accelerator_spawn

  ! A network of one's own: `forward` for a tensor, `forward_dict` for a dict, or both.
  type, public :: accel_network
    type(accel_module) :: module ! set by accel_module_create
  contains
    procedure :: forward => takes_no_tensor
    procedure :: forward_dict => takes_no_dict
  end type

  ! Samples by number, from 0. `sample` is called from a loader's threads, several at once. A null dict with an error recorded
  ! (accel_error_raise) ends the loop that reads it; so it is below.
  type, abstract, public :: accel_samples
  contains
    procedure(sample_function), deferred :: sample
    procedure :: collate => stack_samples
  end type

  ! Whole batches at once, for sources that are faster that way.
  type, abstract, public :: accel_batches
  contains
    procedure(batch_function), deferred :: batch
  end type

  ! Samples that come one after another. `next` gives a null dict after the last one. Loops over it do not overlap.
  type, abstract, public :: accel_stream
  contains
    procedure :: begin => begin_nothing
    procedure(next_function), deferred :: next
  end type

  abstract interface
    function sample_function(self, index) result(sample)
      import :: accel_dict, accel_samples, int64
      class(accel_samples), intent(in) :: self
      integer(int64), intent(in) :: index
      type(accel_dict) :: sample
    end function

    function batch_function(self, indices) result(batch)
      import :: accel_batches, accel_dict, int64
      class(accel_batches), intent(in) :: self
      integer(int64), intent(in) :: indices(:)
      type(accel_dict) :: batch
    end function

    function next_function(self) result(sample)
      import :: accel_dict, accel_stream
      class(accel_stream), intent(inout) :: self
      type(accel_dict) :: sample
    end function

    subroutine log_function(level, line)
      import :: c_int
      integer(c_int), intent(in) :: level
      character(*), intent(in) :: line
    end subroutine

    function spawn_function() result(status)
      integer :: status
    end function
  end interface

  ! What C carries for a variable of a program's own type.
  type :: network_box
    class(accel_network), pointer :: it
  end type
  type :: samples_box
    class(accel_samples), pointer :: it
  end type
  type :: batches_box
    class(accel_batches), pointer :: it
  end type
  type :: stream_box
    class(accel_stream), pointer :: it
  end type
  type :: spawn_box
    procedure(spawn_function), pointer, nopass :: it
  end type

  procedure(log_function), pointer :: log_callback => null()

  interface accel_dataset_create
    procedure create_over_samples, create_over_batches
  end interface
contains
  ! ---- networks ----

  ! A module whose forward is the network's: new. Without a network it only holds others. `type` is what it is called in
  ! messages.
  function accel_module_create(network, type) result(module)
    class(accel_network), target, intent(inout), optional :: network
    character(*), intent(in), optional :: type
    type(accel_module) :: module
    type(accel_module_options) :: options
    character(:), allocatable, target :: type_text
    type(network_box), pointer :: box

    nullify (box)
    options = c_accel_module_options_default()
    if (present(type)) then
      type_text = c_text(type)
      options%type = c_loc(type_text)
    end if
    if (present(network)) then
      allocate (box)
      box%it => network
      options%user = c_loc(box)
      options%forward = c_funloc(call_forward)
      options%forward_dict = c_funloc(call_forward_dict)
      options%release = c_funloc(release_network)
    end if
    module%address = c_accel_module_create_with(options)
    if (associated(box) .and. accel_is_null(module)) deallocate (box)
    if (present(network)) network%module = module
  end function

  function call_forward(module, input, user) bind(c)
    type(c_ptr), value :: module, input, user
    type(c_ptr) :: call_forward
    type(network_box), pointer :: box
    type(accel_tensor) :: given, output

    call c_f_pointer(user, box)
    given%address = input
    output = box%it%forward(given)
    call_forward = output%address
  end function

  function call_forward_dict(module, inputs, user) bind(c)
    type(c_ptr), value :: module, inputs, user
    type(c_ptr) :: call_forward_dict
    type(network_box), pointer :: box
    type(accel_dict) :: given, outputs

    call c_f_pointer(user, box)
    given%address = inputs
    outputs = box%it%forward_dict(given)
    call_forward_dict = outputs%address
  end function

  subroutine release_network(user) bind(c)
    type(c_ptr), value :: user
    type(network_box), pointer :: box

    call c_f_pointer(user, box)
    deallocate (box)
  end subroutine

  function takes_no_tensor(self, input) result(output)
    class(accel_network), intent(inout) :: self
    type(accel_tensor), intent(in) :: input
    type(accel_tensor) :: output

    output = accel_tensor()
    call refuse("accel_forward", fortran_text(c_accel_module_type(self%module%address))//" takes no tensor")
  end function

  function takes_no_dict(self, inputs) result(outputs)
    class(accel_network), intent(inout) :: self
    type(accel_dict), intent(in) :: inputs
    type(accel_dict) :: outputs

    outputs = accel_dict()
    call refuse("accel_forward", fortran_text(c_accel_module_type(self%module%address))//" takes no dict")
  end function

  ! ---- datasets ----

  function create_over_samples(samples, length) result(dataset)
    class(accel_samples), target, intent(in) :: samples
    class(*), intent(in) :: length
    type(accel_dataset) :: dataset
    type(accel_dataset_options) :: options
    type(samples_box), pointer :: box

    allocate (box)
    box%it => samples
    options = c_accel_dataset_options_default()
    options%length = whole_number(length, "accel_dataset_create", "length")
    options%user = c_loc(box)
    options%sample = c_funloc(call_sample)
    options%collate = c_funloc(call_collate)
    options%release = c_funloc(release_samples)
    dataset%address = c_accel_dataset_create_with(options)
    if (accel_is_null(dataset)) deallocate (box)
  end function

  function call_sample(user, index) bind(c)
    type(c_ptr), value :: user
    integer(c_int64_t), value :: index
    type(c_ptr) :: call_sample
    type(samples_box), pointer :: box
    type(accel_dict) :: sample

    call c_f_pointer(user, box)
    sample = box%it%sample(index)
    call_sample = sample%address
  end function

  function call_collate(user, samples, count) bind(c)
    type(c_ptr), value :: user
    integer(c_size_t), value :: count
    type(c_ptr), intent(in) :: samples(count)
    type(c_ptr) :: call_collate
    type(samples_box), pointer :: box
    type(accel_dict) :: list(count), batch

    call c_f_pointer(user, box)
    list%address = samples
    batch = box%it%collate(list)
    call_collate = batch%address
  end function

  subroutine release_samples(user) bind(c)
    type(c_ptr), value :: user
    type(samples_box), pointer :: box

    call c_f_pointer(user, box)
    deallocate (box)
  end subroutine

  function stack_samples(self, samples) result(batch)
    class(accel_samples), intent(in) :: self
    type(accel_dict), intent(in) :: samples(:)
    type(accel_dict) :: batch

    batch = accel_collate_stack(samples)
  end function

  function create_over_batches(batches, length) result(dataset)
    class(accel_batches), target, intent(in) :: batches
    class(*), intent(in) :: length
    type(accel_dataset) :: dataset
    type(accel_dataset_options) :: options
    type(batches_box), pointer :: box

    allocate (box)
    box%it => batches
    options = c_accel_dataset_options_default()
    options%length = whole_number(length, "accel_dataset_create", "length")
    options%user = c_loc(box)
    options%batch = c_funloc(call_batch)
    options%release = c_funloc(release_batches)
    dataset%address = c_accel_dataset_create_with(options)
    if (accel_is_null(dataset)) deallocate (box)
  end function

  function call_batch(user, indices, count) bind(c)
    type(c_ptr), value :: user
    integer(c_size_t), value :: count
    integer(c_int64_t), intent(in) :: indices(count)
    type(c_ptr) :: call_batch
    type(batches_box), pointer :: box
    type(accel_dict) :: batch

    call c_f_pointer(user, box)
    batch = box%it%batch(indices)
    call_batch = batch%address
  end function

  subroutine release_batches(user) bind(c)
    type(c_ptr), value :: user
    type(batches_box), pointer :: box

    call c_f_pointer(user, box)
    deallocate (box)
  end subroutine

  ! A dataset whose samples are read in order, `length` of them in a pass where that is known: new.
  function accel_iterable_dataset(stream, length) result(dataset)
    class(accel_stream), target, intent(inout) :: stream
    class(*), intent(in), optional :: length
    type(accel_dataset) :: dataset
    type(accel_iterable_dataset_options) :: options
    type(stream_box), pointer :: box

    allocate (box)
    box%it => stream
    options = c_accel_iterable_dataset_options_default()
    if (present(length)) options%length = whole_number(length, "accel_iterable_dataset", "length")
    options%user = c_loc(box)
    options%begin = c_funloc(call_begin)
    options%next = c_funloc(call_next)
    options%release = c_funloc(release_stream)
    dataset%address = c_accel_iterable_dataset_with(options)
    if (accel_is_null(dataset)) deallocate (box)
  end function

  function call_begin(user, epoch) bind(c)
    type(c_ptr), value :: user
    integer(c_int64_t), value :: epoch
    type(c_ptr) :: call_begin
    type(stream_box), pointer :: box

    call c_f_pointer(user, box)
    call box%it%begin(epoch)
    call_begin = user
  end function

  function call_next(user, pass) bind(c)
    type(c_ptr), value :: user, pass
    type(c_ptr) :: call_next
    type(stream_box), pointer :: box
    type(accel_dict) :: sample

    call c_f_pointer(user, box)
    sample = box%it%next()
    call_next = sample%address
  end function

  subroutine release_stream(user) bind(c)
    type(c_ptr), value :: user
    type(stream_box), pointer :: box

    call c_f_pointer(user, box)
    deallocate (box)
  end subroutine

  subroutine begin_nothing(self, epoch)
    class(accel_stream), intent(inout) :: self
    integer(int64), intent(in) :: epoch
  end subroutine

  ! ---- batches of samples: new ----

  function accel_collate_stack(samples) result(batch)
    type(accel_dict), intent(in) :: samples(:)
    type(accel_dict) :: batch

    batch%address = c_accel_collate_stack(c_null_ptr, samples%address, size(samples, kind=c_size_t))
  end function

  ! The entries of these names are filled with these values.
  function accel_collate_padded(samples, names, values) result(batch)
    type(accel_dict), intent(in) :: samples(:)
    character(*), intent(in) :: names(:)
    real(real64), intent(in) :: values(:)
    type(accel_dict) :: batch
    character(len(names) + 1), target :: texts(size(names))
    type(accel_padding) :: paddings(size(names))
    integer :: i

    if (size(names) /= size(values)) call refuse("accel_collate_padded", "names and values differ in number")
    do i = 1, min(size(names), size(values))
      texts(i) = c_text(names(i))
      paddings(i) = accel_padding(c_loc(texts(i)), values(i))
    end do
    batch%address = c_accel_collate_padded(samples%address, size(samples, kind=c_size_t), paddings, &
      size(paddings, kind=c_size_t))
  end function

  ! ---- the log ----

  ! Each line goes to `callback`, a procedure of a module, from whatever thread has it, one at a time; without one to standard
  ! error.
  subroutine accel_log_set_callback(callback)
    procedure(log_function), optional :: callback

    call c_accel_log_set_callback(c_null_funptr, c_null_ptr)
    if (.not. present(callback)) return
    log_callback => callback
    call c_accel_log_set_callback(c_funloc(call_log), c_null_ptr)
  end subroutine

  subroutine call_log(level, line, user) bind(c)
    integer(c_int), value :: level
    type(c_ptr), value :: line, user

    call log_callback(level, fortran_text(line))
  end subroutine

  ! ---- several processes ----

  ! Runs `function`, one of a module, in several processes; its result is the process's exit status.
  function accelerator_spawn(function, num_processes) result(status)
    procedure(spawn_function) :: function
    class(*), intent(in) :: num_processes
    integer :: status
    type(spawn_box), target :: box
    integer(c_int) :: processes

    processes = whole_int(num_processes, "accelerator_spawn", "num_processes")
    flush (output_unit) ! or each process would write what waits
    box%it => function
    status = c_accelerator_spawn(c_funloc(call_spawned), c_loc(box), processes)
  end function

  function call_spawned(user) bind(c)
    type(c_ptr), value :: user
    integer(c_int) :: call_spawned
    type(spawn_box), pointer :: box

    call c_f_pointer(user, box)
    call_spawned = box%it()
    flush (output_unit)
  end function
end module
