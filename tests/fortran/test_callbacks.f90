! What a program gives the library to call: networks, samples, batches, streams, a log.
module shapes
  use accel
  use, intrinsic :: iso_fortran_env, only: int64, real32, real64
  implicit none
  private
  public :: cubes, doubled_cubes, halves, keep_line, lines_kept, perceptron, rows, shouting, stuck

  ! A network with layers of its own, which counts its forwards.
  type, extends(accel_network) :: perceptron
    type(accel_module) :: hidden, output
    integer :: forwards = 0
  contains
    procedure :: forward => perceptron_forward
  end type

  ! One that takes dicts.
  type, extends(accel_network) :: halves
  contains
    procedure :: forward_dict => halves_forward
  end type

  ! Sample i is i and its cube.
  type, extends(accel_samples) :: cubes
  contains
    procedure :: sample => cube
  end type

  ! The same, twice as large in a batch.
  type, extends(cubes) :: doubled_cubes
  contains
    procedure :: collate => double
  end type

  ! Rows of an array, whole batches at once.
  type, extends(accel_batches) :: rows
    real(real32), pointer :: field(:, :)
  contains
    procedure :: batch => rows_of
  end type

  ! 1, 1, 2, 3, 5 …, as many as there are; from 100 on in later epochs.
  type, extends(accel_stream) :: shouting
    integer(int64) :: left = 0, first = 1, second = 1
  contains
    procedure :: begin => shout
    procedure :: next => echo
  end type

  ! Fails at its third sample.
  type, extends(accel_samples) :: stuck
  contains
    procedure :: sample => third_fails
  end type

  integer :: lines_kept = 0
contains
  function perceptron_forward(self, input) result(output)
    class(perceptron), intent(inout) :: self
    type(accel_tensor), intent(in) :: input
    type(accel_tensor) :: output

    self%forwards = self%forwards + 1
    output = accel_forward(self%output, accel_relu(accel_forward(self%hidden, input)))
  end function

  function halves_forward(self, inputs) result(outputs)
    class(halves), intent(inout) :: self
    type(accel_dict), intent(in) :: inputs
    type(accel_dict) :: outputs

    outputs = accel_dict_create()
    call accel_dict_set(outputs, "half", accel_mul_scalar(accel_get(inputs, "x"), 0.5d0))
    call accel_dict_set(outputs, "trains", accel_scalar(merge(1d0, 0d0, accel_is_training(self%module)), accel_float32))
  end function

  recursive function cube(self, index) result(sample)
    class(cubes), intent(in) :: self
    integer(int64), intent(in) :: index
    type(accel_dict) :: sample

    sample = accel_dict_create()
    call accel_dict_set(sample, "x", accel_tensor_copy_from([index, index**3]))
  end function

  recursive function double(self, samples) result(batch)
    class(doubled_cubes), intent(in) :: self
    type(accel_dict), intent(in) :: samples(:)
    type(accel_dict) :: batch

    batch = accel_collate_stack(samples)
    call accel_dict_set(batch, "x", accel_mul_scalar(accel_get(batch, "x"), 2d0))
  end function

  recursive function rows_of(self, indices) result(batch)
    class(rows), intent(in) :: self
    integer(int64), intent(in) :: indices(:)
    type(accel_dict) :: batch

    batch = accel_dict_create()
    call accel_dict_set(batch, "x", accel_tensor_copy_from(self%field(:, indices + 1)))
  end function

  subroutine shout(self, epoch)
    class(shouting), intent(inout) :: self
    integer(int64), intent(in) :: epoch

    self%left = 5
    self%first = merge(1, 100, epoch == 0)
    self%second = self%first
  end subroutine

  function echo(self) result(sample)
    class(shouting), intent(inout) :: self
    type(accel_dict) :: sample
    integer(int64) :: sum

    if (self%left == 0) return
    self%left = self%left - 1
    sample = accel_dict_create()
    call accel_dict_set(sample, "x", accel_tensor_copy_from(self%first))
    sum = self%first + self%second
    self%first = self%second
    self%second = sum
  end function

  recursive function third_fails(self, index) result(sample)
    class(stuck), intent(in) :: self
    integer(int64), intent(in) :: index
    type(accel_dict) :: sample

    if (index == 2) then
      call accel_error_raise(accel_eio, "snapshots", "no third snapshot")
      return
    end if
    sample = accel_dict_create()
    call accel_dict_set(sample, "x", accel_tensor_copy_from(index))
  end function

  subroutine keep_line(level, line)
    integer, intent(in) :: level
    character(*), intent(in) :: line

    if (level == accel_log_info .and. line == "the field is hot") lines_kept = lines_kept + 1
  end subroutine
end module

program test_callbacks
  use accel
  use expect
  use shapes
  use, intrinsic :: iso_fortran_env, only: int64, real32, real64
  implicit none

  call runs_a_network()
  call runs_a_network_of_dicts()
  call refuses_what_a_network_lacks()
  call holds_modules_without_a_network()
  call reads_samples()
  call collates_samples()
  call pads_samples()
  call reads_batches()
  call reads_streams()
  call ends_where_a_sample_fails()
  call leaves_loops()
  call refuses_datasets()
  call hears_the_log()
  call finish_tests()
contains
  subroutine runs_a_network()
    type(perceptron), target :: net
    type(accel_module) :: model
    type(accel_tensor) :: output, grad

    call begin_test("runs a network")
    model = accel_module_create(net, type="Perceptron")
    net%hidden = accel_module_add(model, "hidden", accel_linear(3, 4))
    net%output = accel_module_add(model, "output", accel_linear(4, 2))
    call expect_text(accel_module_type(model), "Perceptron")
    call expect_true(accel_module_parameter_count(model) == 26, "its layers are its children")
    output = accel_forward(model, accel_ones(accel_float32, [5, 3]))
    output = accel_forward(model, accel_ones(accel_float32, [6, 3]))
    call expect_true(all(accel_tensor_sizes(output) == [6, 2]), "gives what its forward gives")
    call expect_true(net%forwards == 2, "and keeps what it counts")
    call accel_backward(accel_sum(output))
    grad = accel_grad(accel_module_tensor(model, "hidden.weight"))
    call expect_true(.not. accel_is_null(grad), "gradients go through it")
    output = accel_forward(model, accel_ones(accel_float32, [6, 4]))
    call expect_true(accel_is_null(output), "its failures are its caller's")
    call expect_true(index(accel_error_text(), "hidden") > 0, "and name the layer")
    call accel_error_clear()
  end subroutine

  subroutine runs_a_network_of_dicts()
    type(halves), target :: net
    type(accel_module) :: model
    type(accel_dict) :: inputs, outputs

    call begin_test("runs a network of dicts")
    model = accel_module_create(net)
    inputs = accel_dict_create()
    call accel_dict_set(inputs, "x", accel_full(3d0, accel_float32, [2]))
    outputs = accel_forward(model, inputs)
    call expect_true(accel_item(accel_sum(accel_get(outputs, "half"))) == 3, "gives a dict")
    call expect_true(accel_item(accel_get(outputs, "trains")) == 1, "knows its module")
    call accel_eval(model)
    outputs = accel_forward(model, inputs)
    call expect_true(accel_item(accel_get(outputs, "trains")) == 0, "and its mode")
  end subroutine

  subroutine refuses_what_a_network_lacks()
    type(halves), target :: net
    type(perceptron), target :: other
    type(accel_module) :: model

    call begin_test("refuses what a network lacks")
    model = accel_module_create(net, type="Halves")
    call expect_true(accel_is_null(accel_forward(model, accel_arange(2))), "a tensor for one of dicts")
    call expect_failure(accel_einval, "accel_forward: Halves takes no tensor")
    model = accel_module_create(other)
    call expect_true(accel_is_null(accel_forward(model, accel_dict_create())), "a dict for one of tensors")
    call expect_failure(accel_einval, "accel_forward: Module takes no dict")
    call accel_error_raise(accel_eio, "before", "it")
    call expect_true(accel_is_null(accel_module_create(net)), "nothing is made after a failure")
    call accel_error_clear()
  end subroutine

  subroutine holds_modules_without_a_network()
    type(accel_module) :: tree, leaf

    call begin_test("holds modules without a network")
    tree = accel_module_create(type="Tree")
    leaf = accel_module_add(tree, "leaf", accel_linear(2, 2))
    call expect_true(accel_module_parameter_count(tree) == 6, "those that it was given")
    call expect_true(accel_is_null(accel_forward(tree, accel_arange(2))), "and runs none")
    call accel_error_clear()
  end subroutine

  ! The sum of a loader's first column over an epoch, and how many batches it had.
  subroutine sum_up(dataset, total, batches, workers, batch_size)
    type(accel_dataset), intent(in) :: dataset
    integer(int64), intent(out) :: total, batches
    integer, intent(in) :: workers, batch_size
    type(accel_loader) :: loader
    type(accel_dict) :: batch

    total = 0
    batches = 0
    loader = accel_loader_create(dataset, batch_size=batch_size, num_workers=workers)
    call accel_loader_begin(loader)
    do while (accel_loader_next(loader, batch))
      batches = batches + 1
      total = total + int(accel_item(accel_sum(accel_get(batch, "x"))), int64)
    end do
  end subroutine

  subroutine reads_samples()
    type(cubes), target :: source
    type(accel_dataset) :: dataset
    integer(int64) :: total, batches
    integer :: workers

    call begin_test("reads samples")
    dataset = accel_dataset_create(source, 10)
    call expect_true(accel_dataset_length(dataset) == 10, "as many as were said")
    do workers = 0, 3
      call sum_up(dataset, total, batches, workers, 4)
      call expect_true(total == 45 + 2025 .and. batches == 3, "all of them, once, by threads or not")
    end do
  end subroutine

  subroutine collates_samples()
    type(doubled_cubes), target :: source
    integer(int64) :: total, batches

    call begin_test("collates samples")
    call sum_up(accel_dataset_create(source, 10_int64), total, batches, 2, 5)
    call expect_true(total == 2 * (45 + 2025) .and. batches == 2, "in a way of its own")
  end subroutine

  subroutine pads_samples()
    type(accel_dict) :: samples(2), batch
    character(5) :: names(2) = ["ids  ", "mask "]
    integer :: i

    call begin_test("pads samples")
    do i = 1, 2
      samples(i) = accel_dict_create()
      call accel_dict_set(samples(i), "ids", accel_arange(i))
      call accel_dict_set(samples(i), "other", accel_ones(accel_float32, [i]))
    end do
    batch = accel_collate_padded(samples, names, [7d0, 1d0])
    call expect_true(accel_item_integer(accel_sum(accel_get(batch, "ids"))) == 0 + 7 + 0 + 1, "with the values of their names")
    call expect_true(accel_item(accel_sum(accel_get(batch, "other"))) == 3, "others with 0")
    call expect_true(accel_is_null(accel_collate_padded(samples, names, [7d0])), "not with fewer values")
    call expect_failure(accel_einval, "accel_collate_padded: names and values differ in number")
  end subroutine

  subroutine reads_batches()
    type(rows), target :: source
    real(real32), target :: field(3, 8)
    integer(int64) :: total, batches
    integer :: i

    call begin_test("reads batches")
    field = reshape([(real(i), i = 1, 24)], shape(field))
    source%field => field
    call sum_up(accel_dataset_create(source, 8), total, batches, 1, 3)
    call expect_true(total == 300 .and. batches == 3, "each row once")
  end subroutine

  subroutine reads_streams()
    type(shouting), target :: source
    type(accel_dataset) :: dataset
    type(accel_loader) :: loader
    type(accel_dict) :: batch
    integer(int64) :: total(2)
    integer :: epoch

    call begin_test("reads streams")
    dataset = accel_iterable_dataset(source, length=5)
    call expect_true(accel_dataset_length(dataset) == 5, "as long as was said")
    loader = accel_loader_create(dataset, batch_size=2)
    total = 0
    do epoch = 1, 2
      call accel_loader_begin(loader)
      do while (accel_loader_next(loader, batch))
        total(epoch) = total(epoch) + accel_item_integer(accel_sum(accel_get(batch, "x")))
      end do
    end do
    call expect_true(all(total == [12, 1200]), "from their beginning in each epoch")
    call expect_true(accel_dataset_length(accel_iterable_dataset(source)) == -1, "or of a length that nobody knows")
  end subroutine

  subroutine ends_where_a_sample_fails()
    type(stuck), target :: source
    type(accel_loader) :: loader
    type(accel_dict) :: batch
    integer :: workers, batches

    call begin_test("ends where a sample fails")
    do workers = 0, 2
      loader = accel_loader_create(accel_dataset_create(source, 10), num_workers=workers)
      batches = 0
      call accel_loader_begin(loader)
      do while (accel_loader_next(loader, batch))
        batches = batches + 1
      end do
      call expect_true(batches == 2 .and. accel_is_null(batch), "after those before it")
      call expect_failure(accel_eio, "snapshots: no third snapshot")
    end do
  end subroutine

  subroutine leaves_loops()
    type(cubes), target :: source
    type(accel_loader) :: loader
    type(accel_dict) :: batch

    call begin_test("leaves loops")
    loader = accel_loader_create(accel_dataset_create(source, 10))
    call expect_true(.not. accel_loader_next(loader, batch), "there is none before it begins")
    call expect_failure(accel_einval, "accel_loader_next: no loop over this loader has begun")
    call accel_loader_begin(loader)
    call expect_true(accel_loader_next(loader, batch), "a first batch")
    call accel_loader_end(loader)
    call expect_true(accel_loader_epoch(loader) == 1, "the next loop is the next epoch")
    call accel_loader_begin(loader)
    call expect_true(accel_loader_next(loader, batch), "which begins again")
    call expect_true(accel_item_integer(accel_sum(accel_get(batch, "x"))) == 0, "with the first sample")
    call accel_loader_end(loader)
  end subroutine

  subroutine refuses_datasets()
    type(cubes), target :: source

    call begin_test("refuses datasets")
    call expect_true(accel_is_null(accel_dataset_create(source, -1)), "of a negative length")
    call expect_failure(accel_einval, "accel_dataset_create: ")
    call expect_true(accel_is_null(accel_dataset_create(source, 2.0)), "or of a real one")
    call expect_failure(accel_einval, "accel_dataset_create: length must be an integer")
  end subroutine

  subroutine hears_the_log()
    call begin_test("hears the log")
    call accel_log_set_callback(keep_line)
    call accel_log_line(accel_log_info, "the field is hot")
    call accel_log_line(accel_log_debug, "the field is hot")
    call accel_log_set_callback()
    call accel_log_line(accel_log_debug, "the field is hot")
    call expect_true(lines_kept == 1, "until it is taken back")
  end subroutine
end program
