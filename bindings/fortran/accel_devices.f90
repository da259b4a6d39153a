! Devices as values: what C's device.h has in the header itself.
module accel_devices
  use accel_c, only: accel_cpu, accel_cuda
  use accel_calls, only: accel_device
  use, intrinsic :: iso_c_binding, only: c_int
  implicit none
  private
  public :: accel_device_cpu, accel_device_cuda, accel_device_is
contains
  pure function accel_device_cpu() result(device)
    type(accel_device) :: device

    device = accel_device(accel_cpu, -1_c_int)
  end function

  ! Counted from 0 among the GPUs that this process sees.
  pure function accel_device_cuda(index) result(device)
    integer, intent(in) :: index
    type(accel_device) :: device

    device = accel_device(accel_cuda, int(index, c_int))
  end function

  ! Whether both are the same place.
  pure function accel_device_is(one, other)
    type(accel_device), intent(in) :: one, other
    logical :: accel_device_is

    accel_device_is = one%type == other%type .and. (one%type == accel_cpu .or. one%index == other%index)
  end function
end module
