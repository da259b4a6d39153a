! What the lines of test_refused.sh take for granted; each is the last of this program.
program refused
  use accel
  use, intrinsic :: iso_fortran_env, only: real32
  implicit none (type, external)
  type(accelerator) :: acc
  type(accel_module) :: model, layer
  type(accel_optimizer) :: optimizer
  type(accel_dataset) :: dataset
  type(accel_tensor) :: tensor
  real(real32), target :: field(8, 6)
  logical, target :: switches(3)
  integer :: status
