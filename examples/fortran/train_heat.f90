! A network learns what a solver does, on the solver's own arrays.
!
!     train_heat
!     accelerate launch --num_processes 2 train_heat
!
! The solver heats rods whose conductivity grows with their temperature. From a rod's temperatures before, the network tells
! those after.
module heat
  use, intrinsic :: iso_fortran_env, only: real32
  implicit none
  private
  public :: conduct

  integer, parameter :: steps = 200
  real(real32), parameter :: step_length = 2e-2
contains
  ! Lets a rod with cold ends be for a while.
  pure subroutine conduct(before, after)
    real(real32), intent(in) :: before(:)
    real(real32), intent(out) :: after(:)
    real(real32) :: rod(0:size(before) + 1), flow(0:size(before))
    integer :: n, step

    n = size(before)
    rod = 0
    rod(1:n) = before
    do step = 1, steps
      flow = (1 + (rod(:n) + rod(1:))**2) * (rod(1:) - rod(:n))
      rod(1:n) = rod(1:n) + step_length * (flow(1:) - flow(:n - 1))
    end do
    after = rod(1:n)
  end subroutine
end module

program train_heat
  use accel
  use heat
  use, intrinsic :: iso_fortran_env, only: real32, real64
  implicit none
  integer, parameter :: points = 32, rods = 1024, new_rods = 256, epochs = 20
  real(real32), target :: before(points, rods), after(points, rods)
  real(real32), target :: new_before(points, new_rods), new_after(points, new_rods)
  type(accelerator) :: acc
  type(accel_module) :: model
  type(accel_loader) :: train
  type(accel_optimizer) :: optimizer
  type(accel_scheduler) :: scheduler
  type(accel_dict) :: batch
  type(accel_tensor) :: loss
  character(80) :: line
  real(real64) :: total
  integer :: epoch

  acc = accelerator_create()
  call accel_set_seed(42)
  call simulate(before, after)
  call simulate(new_before, new_after)

  train = accel_loader_create(dataset_over(before, after), batch_size=32, shuffle=.true.)
  model = accel_sequential([accel_linear(points, 64), accel_tanh_module(), accel_linear(64, points)])
  optimizer = accel_adamw(model, lr=3d-3)
  scheduler = accel_scheduler_create("cosine", optimizer, num_training_steps=epochs * accel_loader_length(train))
  call accelerator_prepare(acc, train, model, optimizer, scheduler)

  do epoch = 1, epochs
    total = 0
    call accel_loader_begin(train)
    do while (accel_loader_next(train, batch))
      loss = accel_mse_loss(accel_forward(model, accel_get(batch, "before")), accel_get(batch, "after"))
      call accelerator_backward(acc, loss)
      call accel_optimizer_step(optimizer)
      call accel_scheduler_step(scheduler)
      call accel_optimizer_zero_grad(optimizer)
      total = total + accel_item(loss)
    end do
    write (line, "('epoch ', i2, ': loss ', f8.5)") epoch, total / accel_loader_length(train)
    call accelerator_print(acc, line)
  end do
  write (line, "('new rods: off by ', f6.4, ' of ', f6.4)") distance(new_before, new_after)
  call accelerator_print(acc, line)
  call accelerator_exit(acc)
contains
  ! Rods that are sums of three waves, drawn from accel's generator: the same in every process.
  subroutine simulate(before, after)
    real(real32), intent(out) :: before(:, :), after(:, :)
    real(real32), parameter :: waves(3) = acos(-1.0_real32) * [1, 2, 3] / (points + 1)
    real(real32), pointer :: heights(:, :)
    integer :: rod, point

    call accel_tensor_data(accel_rand([size(before, 2), 3]), heights)
    if (.not. associated(heights)) return
    do rod = 1, size(before, 2)
      before(:, rod) = [(sum((heights(:, rod) - 0.5) * sin(waves * point)), point=1, points)]
      call conduct(before(:, rod), after(:, rod))
    end do
  end subroutine

  ! The arrays themselves, not copies: a rod is a row of the tensors (rods, points).
  function dataset_over(before, after) result(dataset)
    real(real32), target, intent(inout) :: before(:, :), after(:, :)
    type(accel_dataset) :: dataset
    type(accel_dict) :: tensors
    real(real32), pointer :: same(:, :)

    tensors = accel_dict_create()
    call accel_dict_set(tensors, "before", accel_tensor_wrap(before))
    call accel_dict_set(tensors, "after", accel_tensor_wrap(after))
    dataset = accel_tensor_dataset(tensors)
    call accel_tensor_data(accel_get(tensors, "before"), same)
    if (associated(same, before)) call accelerator_print(acc, "the tensors are the solver's arrays")
  end function

  ! How far the network is off, and how far what it is given is: root mean squares.
  function distance(before, after)
    real(real32), target, intent(inout) :: before(:, :), after(:, :)
    real(real32) :: distance(2)
    real(real32), pointer :: guess(:, :)
    type(accel_tensor) :: output
    type(accel_no_grad_block) :: block

    distance = huge(distance)
    block = accel_no_grad_begin()
    output = accel_forward(model, accel_to_device(accel_tensor_wrap(before), accelerator_device(acc)))
    call accel_tensor_data(accel_to_device(output, accel_device_cpu()), guess)
    call accel_no_grad_end(block)
    if (associated(guess)) distance = sqrt([sum((guess - after)**2), sum((before - after)**2)] / size(after))
  end function
end program
