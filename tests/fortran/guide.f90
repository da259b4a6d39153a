! What the lines of docs/fortran.md take for granted; test_guide.sh puts them below `contains`.
module guide
  use accel
  use networks
  use, intrinsic :: iso_fortran_env, only: real32
  implicit none (type, external)
  integer, parameter :: nx = 8, ny = 6
  type(accelerator) :: acc
  type(accel_module) :: model
  type(accel_dataset) :: dataset
  type(accel_loader) :: train
  type(accel_optimizer) :: optimizer
  type(accel_dict) :: batch, weights
  type(accel_tensor) :: loss, inside, outside
  real(real32) :: error
  integer :: status
contains
