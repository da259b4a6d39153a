! accel: Hugging Face Accelerate, for Fortran. `use accel` gives the whole library: docs/fortran.md tells how it is called, the
! public headers what each function does.
module accel
  use accel_arrays
  use accel_callbacks
  use accel_calls
  use accel_devices
  use accel_handles, only: accel_dataset, accel_dict, accel_error_raise, accel_generator, accel_is_null, accel_loader, &
    accel_module, accel_optimizer, accel_progress, accel_scheduler, accel_scope, accel_table, accel_tensor, &
    accel_tokenizer, accelerator
  use accel_objects
  use accel_operations
  use accel_trackers
end module
