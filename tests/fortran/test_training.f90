! A training run in Fortran, on Fortran arrays, is that of Accelerate and PyTorch: oracle_fortran.py has the same program.
program test_training
  use accel
  use expect
  use, intrinsic :: iso_fortran_env, only: int64, real32, real64
  implicit none
  integer, parameter :: samples = 48, inputs = 3, hidden = 8, outputs = 2, epochs = 3, steps = 2
  integer, parameter :: batches = epochs * 6, rounds = epochs * 3
  real(real32), target :: x(inputs, samples), y(outputs, samples)
  type(accelerator) :: acc

  acc = accelerator_create(gradient_accumulation_steps=steps)
  call begin_test("trains as Accelerate does")
  call train()
  call begin_test("asks and tells in one process")
  call together()
  call begin_test("finds the largest batch that fits")
  call find_batch_size()
  call finish_tests()
  call accelerator_exit(acc)
contains
  subroutine fill(array, a, b)
    real(real32), intent(out) :: array(:, :)
    integer, intent(in) :: a, b
    integer :: i, j

    do j = 1, size(array, 2)
      do i = 1, size(array, 1)
        array(i, j) = real(mod(a * (j - 1) + b * (i - 1), 17) - 8) / 8
      end do
    end do
  end subroutine

  ! The number of the reference's next line, and how far ours may be off.
  subroutine expect_near(unit, found, what)
    integer, intent(in) :: unit
    real(real64), intent(in) :: found
    character(*), intent(in) :: what
    real(real64) :: expected
    integer :: end_of_file

    read (unit, *, iostat=end_of_file) expected
    call expect_true(end_of_file == 0, what//": the reference has one")
    call expect_true(abs(found - expected) <= 2d-5 * max(abs(expected), 1d-2), what//" is the reference's")
  end subroutine

  subroutine train()
    type(accel_module) :: model
    type(accel_optimizer) :: optimizer
    type(accel_scheduler) :: scheduler
    type(accel_loader) :: loader
    type(accel_dict) :: batch, tensors
    type(accel_tensor) :: loss
    type(accelerator_no_sync_block) :: micro_batch
    real(real64) :: losses(batches), norms(rounds), norm
    integer :: epoch, at, round

    call accel_set_seed(42)
    call fill(x, 5, 3)
    call fill(y, 7, 11)
    tensors = accel_dict_create()
    call accel_dict_set(tensors, "x", accel_tensor_wrap(x))
    call accel_dict_set(tensors, "y", accel_tensor_wrap(y))
    model = accel_sequential([accel_linear(inputs, hidden), accel_tanh_module(), accel_linear(hidden, outputs)])
    optimizer = accel_adamw(model, lr=1d-2, weight_decay=0.1d0)
    loader = accel_loader_create(accel_tensor_dataset(tensors), batch_size=8, shuffle=.true.)
    scheduler = accel_scheduler_create("cosine", optimizer, num_warmup_steps=3, &
      num_training_steps=epochs * accel_loader_length(loader) / steps)
    call accelerator_prepare(acc, model, optimizer, loader, scheduler)

    losses = 0
    norms = 0
    at = 0
    round = 0
    do epoch = 1, epochs
      call accel_loader_begin(loader)
      do while (accel_loader_next(loader, batch))
        micro_batch = accelerator_accumulate_begin(acc, [model])
        loss = accel_mse_loss(accel_forward(model, accel_get(batch, "x")), accel_get(batch, "y"))
        call accelerator_backward(acc, loss)
        if (accelerator_sync_gradients(acc)) then
          round = round + 1
          norm = accelerator_clip_grad_norm(acc, model, 0.5d0, 2d0)
          if (round <= rounds) norms(round) = norm
        end if
        call accel_optimizer_step(optimizer)
        call accel_scheduler_step(scheduler)
        call accel_optimizer_zero_grad(optimizer)
        call accelerator_accumulate_end(micro_batch)
        at = at + 1
        if (at <= batches) losses(at) = accel_item(loss)
      end do
    end do
    call expect_true(at == batches .and. round == rounds, "as many batches and steps")
    call compare(model, losses, norms)
    call accelerator_free_memory(acc)
  end subroutine

  subroutine compare(model, losses, norms)
    type(accel_module), intent(in) :: model
    real(real64), intent(in) :: losses(:), norms(:)
    type(accel_dict) :: state
    real(real32), allocatable :: weights(:)
    character(1000) :: folder
    integer :: unit, i, j, opened

    call get_environment_variable("ACCEL_TEST_ORACLE", folder)
    open (newunit=unit, file=trim(folder)//"/fortran/run.txt", action="read", status="old", iostat=opened)
    call expect_true(opened == 0, "the reference's run is there")
    if (opened /= 0) return
    do i = 1, size(losses)
      call expect_near(unit, losses(i), "a loss")
    end do
    do i = 1, size(norms)
      call expect_near(unit, norms(i), "a norm")
    end do
    state = accel_module_parameters(model)
    do i = 0, int(accel_dict_count(state)) - 1
      allocate (weights(accel_tensor_numel(accel_dict_tensor(state, i))))
      call accel_tensor_copy_to(accel_reshape(accel_dict_tensor(state, i), [-1]), weights)
      do j = 1, size(weights)
        call expect_near(unit, real(weights(j), real64), "a parameter")
      end do
      deallocate (weights)
    end do
    close (unit)
  end subroutine

  subroutine together()
    type(accelerator_autocast_block) :: autocast
    type(accel_device) :: device
    integer(int64) :: first, last

    device = accelerator_device(acc)
    call expect_true(device%type == accel_cpu .and. device%index == -1, "on the CPU")
    call expect_true(accelerator_num_processes(acc) == 1, "alone")
    call expect_true(accelerator_process_index(acc) == 0, "the first")
    call expect_true(accelerator_is_main_process(acc), "the main process")
    call expect_true(accelerator_is_last_process(acc), "and the last")
    call expect_true(.not. accelerator_is_process(acc, 1), "not another")
    call expect_true(accelerator_gradient_accumulation_steps(acc) == steps, "with its options")
    call expect_true(accelerator_mixed_precision(acc) == accel_precision_no, "and their defaults")
    call accelerator_split_range(acc, 7, first, last)
    call expect_true(first == 0 .and. last == 7, "all of a range")
    call expect_true(accel_item(accelerator_reduce(acc, accel_ones(accel_float32, [1]), "mean", scale=3d0)) == 3, "a mean")
    call expect_true(accel_tensor_numel(accelerator_gather(acc, accel_arange(3))) == 3, "all values")
    autocast = accelerator_autocast_begin(acc)
    call accelerator_autocast_end(autocast)
    call accelerator_wait_for_everyone(acc)
  end subroutine

  subroutine find_batch_size()
    type(accelerator_batch_size_search) :: search
    integer :: runs

    runs = 0
    search = accelerator_batch_size_search_begin(acc, 100)
    do while (accelerator_batch_size_search_next(search))
      runs = runs + 1
      if (search%batch_size > 85) call accel_error_raise(accel_enomem, "test", "does not fit")
      search%running = .false.
    end do
    call accelerator_batch_size_search_end(search)
    call expect_true(search%batch_size == 81 .and. runs == 3, "100, 90, 81")
  end subroutine
end program
