! The functions of the public headers as Fortran programs call them; what each does stands there.
! docs/fortran.md has the rules by which these follow from those.
!
! Written by scripts/generate_fortran from include/accel.
module accel_calls
  use accel_c, accel_data_parallel_options_default => c_accel_data_parallel_options_default, &
    accel_grad_scaler_options_default => c_accel_grad_scaler_options_default
  use accel_handles
  use, intrinsic :: iso_fortran_env, only: int64, output_unit, real64
  implicit none
  private
  public :: accel_preparable_module, accel_preparable_optimizer, accel_preparable_scheduler, &
    accel_preparable_loader, accel_preparable_evaluated_module
  public :: accel_comm_hook_no, accel_comm_hook_fp16, accel_comm_hook_bf16, accel_comm_hook_power_sgd, &
    accel_comm_hook_batched_power_sgd
  public :: accel_ok, accel_einval, accel_enotfound, accel_eio, accel_eformat, accel_enomem, &
    accel_eunsupported, accel_estale, accel_eengine, accel_emismatch, accel_epeer, accel_etimeout
  public :: accel_log_debug, accel_log_info, accel_log_warning
  public :: accel_reduction_none, accel_reduction_mean, accel_reduction_sum
  public :: accel_value_none, accel_value_tensor, accel_value_integer, accel_value_real, &
    accel_value_boolean, accel_value_string, accel_value_generator, accel_value_integers, &
    accel_value_reals, accel_value_tensors
  public :: accel_precision_unset, accel_precision_no, accel_fp16, accel_bf16
  public :: accel_file_by_name, accel_file_csv, accel_file_tsv, accel_file_json_lines
  public :: accel_bad_lines_error, accel_bad_lines_skip
  public :: accel_dtype_unset, accel_uint8, accel_int8, accel_int16, accel_int32, accel_int64, &
    accel_float16, accel_float32, accel_float64, accel_boolean, accel_bfloat16
  public :: accel_cpu, accel_cuda
  public :: accelerator_models_max
  public :: accel_no_grad_block
  public :: accel_data_parallel_options
  public :: accel_try_block
  public :: accelerator_join_block
  public :: accelerator_local_sgd_block
  public :: accelerator_batch_size_search
  public :: accel_labelled_row
  public :: accel_no_init_block
  public :: accel_grad_scaler_options
  public :: accelerator_first_block
  public :: accelerator_profile_block
  public :: accel_device
  public :: accelerator_no_sync_block
  public :: accelerator_autocast_block
  public :: accel_data_parallel_options_default
  public :: accel_grad_scaler_options_default
  public :: accelerator_create
  public :: accelerator_finish
  public :: accelerator_device
  public :: accelerator_num_processes
  public :: accelerator_process_index
  public :: accelerator_local_process_index
  public :: accelerator_is_main_process
  public :: accelerator_is_local_main_process
  public :: accelerator_prepare_model
  public :: accelerator_unwrap_model
  public :: accelerator_get_state_dict
  public :: accelerator_set_seed
  public :: accelerator_skip_first_batches
  public :: accelerator_print
  public :: accelerator_progress
  public :: accel_requires_grad
  public :: accel_set_requires_grad
  public :: accel_backward
  public :: accel_backward_from
  public :: accel_grad
  public :: accel_set_grad
  public :: accel_detach
  public :: accel_no_grad_begin
  public :: accel_no_grad_end
  public :: accel_load
  public :: accel_save
  public :: accel_save_state_dict
  public :: accel_load_checkpoint_in_model
  public :: accelerator_save_model
  public :: accelerator_save
  public :: accelerator_gather
  public :: accelerator_gather_for_metrics
  public :: accelerator_reduce
  public :: accelerator_broadcast
  public :: accelerator_share_error
  public :: accelerator_wait_for_everyone
  public :: accelerator_gather_dict
  public :: accelerator_gather_for_metrics_dict
  public :: accelerator_reduce_dict
  public :: accelerator_broadcast_dict
  public :: accelerator_pad_across_processes
  public :: accelerator_pad_dict_across_processes
  public :: accel_comm_hook_name
  public :: accel_comm_hook_find
  public :: accel_tensor_dataset
  public :: accel_dataset_length
  public :: accel_device_count
  public :: accel_device_name
  public :: accel_device_synchronize
  public :: accel_device_memory
  public :: accel_zeros_on
  public :: accel_ones_on
  public :: accel_full_on
  public :: accel_to_device
  public :: accel_dict_to_device
  public :: accel_dict_create
  public :: accel_dict_set
  public :: accel_dict_get
  public :: accel_dict_has
  public :: accel_dict_remove
  public :: accel_dict_count
  public :: accel_dict_name
  public :: accel_dict_tensor
  public :: accel_error_is_set
  public :: accel_error_status
  public :: accel_error_text
  public :: accel_error_clear
  public :: accel_status_name
  public :: accel_status_text
  public :: accel_try_begin
  public :: accel_try_end
  public :: accel_init_uniform
  public :: accel_init_normal
  public :: accel_init_constant
  public :: accel_init_kaiming_uniform
  public :: accel_init_xavier_uniform
  public :: accelerator_join_begin
  public :: accelerator_join_end
  public :: accel_linear
  public :: accel_embedding
  public :: accel_layer_norm
  public :: accel_dropout
  public :: accel_relu_module
  public :: accel_gelu_module
  public :: accel_tanh_module
  public :: accel_sequential_of
  public :: accel_scaled_dot_product_attention
  public :: accel_loader_create
  public :: accel_loader_length
  public :: accel_loader_epoch
  public :: accel_loader_set_epoch
  public :: accel_loader_skip_first_batches
  public :: accel_loader_state_dict
  public :: accel_loader_load_state_dict
  public :: accel_loader_begin
  public :: accel_loader_end
  public :: accelerator_local_sgd_begin
  public :: accelerator_local_sgd_end
  public :: accelerator_local_sgd_step
  public :: accel_log_line
  public :: accel_log_local_main_line
  public :: accelerator_log_line
  public :: accelerator_log_line_all
  public :: accelerator_log_line_in_order
  public :: accelerator_warning_once
  public :: accel_cross_entropy
  public :: accel_mse_loss
  public :: accelerator_free_memory
  public :: accelerator_batch_size_search_begin
  public :: accelerator_batch_size_search_next
  public :: accelerator_batch_size_search_end
  public :: accel_model_from_pretrained
  public :: accel_model_save_pretrained
  public :: accelerator_save_pretrained
  public :: accel_text_dataset
  public :: accel_module_type
  public :: accel_module_add
  public :: accel_module_add_parameter
  public :: accel_module_add_buffer
  public :: accel_module_child
  public :: accel_module_tensor
  public :: accel_module_parameters
  public :: accel_module_buffers
  public :: accel_module_parameter_count
  public :: accel_state_dict
  public :: accel_load_state_dict
  public :: accel_module_to_device
  public :: accel_module_to_dtype
  public :: accel_train
  public :: accel_eval
  public :: accel_is_training
  public :: accel_forward_tensor
  public :: accel_forward_dict
  public :: accel_no_init_begin
  public :: accel_no_init_end
  public :: accel_npy_load
  public :: accel_use_deterministic_algorithms
  public :: accel_deterministic_algorithms
  public :: accel_set_float32_matmul_precision
  public :: accel_float32_matmul_precision
  public :: accel_add
  public :: accel_sub
  public :: accel_mul
  public :: accel_div
  public :: accel_add_scalar
  public :: accel_sub_scalar
  public :: accel_mul_scalar
  public :: accel_div_scalar
  public :: accel_pow_scalar
  public :: accel_neg
  public :: accel_abs
  public :: accel_square
  public :: accel_sqrt
  public :: accel_rsqrt
  public :: accel_exp
  public :: accel_log
  public :: accel_sin
  public :: accel_cos
  public :: accel_clamp
  public :: accel_maximum
  public :: accel_minimum
  public :: accel_relu
  public :: accel_gelu
  public :: accel_silu
  public :: accel_sigmoid
  public :: accel_tanh
  public :: accel_softmax
  public :: accel_log_softmax
  public :: accel_eq
  public :: accel_ne
  public :: accel_lt
  public :: accel_gt
  public :: accel_eq_scalar
  public :: accel_ne_scalar
  public :: accel_lt_scalar
  public :: accel_gt_scalar
  public :: accel_logical_not
  public :: accel_logical_and
  public :: accel_isfinite
  public :: accel_all
  public :: accel_any
  public :: accel_where
  public :: accel_masked_fill
  public :: accel_sum
  public :: accel_mean
  public :: accel_max
  public :: accel_min
  public :: accel_sum_dims
  public :: accel_mean_dims
  public :: accel_argmax
  public :: accel_vector_norm
  public :: accel_matmul
  public :: accel_functional_linear
  public :: accel_reshape
  public :: accel_view
  public :: accel_transpose
  public :: accel_permute
  public :: accel_unsqueeze
  public :: accel_squeeze
  public :: accel_flatten
  public :: accel_expand
  public :: accel_contiguous
  public :: accel_select
  public :: accel_narrow
  public :: accel_cat
  public :: accel_stack
  public :: accel_index_select
  public :: accel_gather
  public :: accel_clone
  public :: accel_to_dtype
  public :: accel_functional_embedding
  public :: accel_functional_layer_norm
  public :: accel_functional_dropout
  public :: accel_add_in_place
  public :: accel_mul_scalar_in_place
  public :: accel_fill_in_place
  public :: accel_adam
  public :: accel_adamw
  public :: accel_sgd
  public :: accel_optimizer_add_group
  public :: accel_optimizer_step
  public :: accel_optimizer_zero_grad
  public :: accel_optimizer_group_count
  public :: accel_optimizer_lr
  public :: accel_optimizer_set_lr
  public :: accel_optimizer_state_dict
  public :: accel_optimizer_load_state_dict
  public :: accel_mixed_precision_name
  public :: accel_mixed_precision_find
  public :: accelerator_watch_preemption
  public :: accelerator_check_preemption
  public :: accelerator_is_last_process
  public :: accelerator_is_process
  public :: accelerator_is_local_process
  public :: accelerator_main_process_first_begin
  public :: accelerator_local_main_process_first_begin
  public :: accelerator_process_first_end
  public :: accelerator_split_range
  public :: accelerator_split_tensor
  public :: accelerator_split_dict
  public :: accelerator_set_trigger
  public :: accelerator_check_trigger
  public :: accelerator_profile_begin
  public :: accelerator_profile_end
  public :: accelerator_profile_step
  public :: accelerator_profile_print
  public :: accel_progress_create
  public :: accel_progress_advance
  public :: accel_progress_set_postfix
  public :: accel_progress_set_description
  public :: accel_progress_close
  public :: accel_set_seed
  public :: accel_generator_create
  public :: accel_generator_create_on
  public :: accel_generator_default
  public :: accel_generator_of_device
  public :: accel_generator_seed
  public :: accel_generator_initial_seed
  public :: accel_generator_state
  public :: accel_generator_set_state
  public :: accel_generator_draw
  public :: accel_rand
  public :: accel_randn
  public :: accel_randperm
  public :: accel_fill_uniform
  public :: accel_fill_normal
  public :: accel_scheduler_create
  public :: accel_scheduler_step
  public :: accel_scheduler_step_with_metric
  public :: accel_scheduler_last_lr
  public :: accel_scheduler_state_dict
  public :: accel_scheduler_load_state_dict
  public :: accel_scope_begin
  public :: accel_scope_end
  public :: accel_live_handles
  public :: accelerator_save_state
  public :: accelerator_wait_for_save_state
  public :: accelerator_load_state
  public :: accelerator_save_iteration
  public :: accel_table_read
  public :: accel_table_rows
  public :: accel_table_columns
  public :: accel_table_number
  public :: accel_dtype_name
  public :: accel_dtype_size
  public :: accel_dtype_is_floating
  public :: accel_zeros
  public :: accel_ones
  public :: accel_full
  public :: accel_empty
  public :: accel_scalar
  public :: accel_arange
  public :: accel_tensor_rank
  public :: accel_tensor_size
  public :: accel_tensor_numel
  public :: accel_tensor_bytes
  public :: accel_tensor_stride
  public :: accel_tensor_dtype
  public :: accel_tensor_device
  public :: accel_tensor_is_contiguous
  public :: accel_item
  public :: accel_item_integer
  public :: accel_tensor_assign
  public :: accel_tensor_print
  public :: accel_token_dataset
  public :: accel_tokenizer_load
  public :: accel_tokenizer_vocabulary_size
  public :: accel_tokenizer_token_to_id
  public :: accel_tokenizer_id_to_token
  public :: accel_tokenizer_pad_id
  public :: accelerator_end_training
  public :: accelerator_project_dir
  public :: accelerator_logging_dir
  public :: accelerator_backward
  public :: accelerator_accumulate_begin
  public :: accelerator_accumulate_end
  public :: accelerator_no_sync_begin
  public :: accelerator_no_sync_end
  public :: accelerator_sync_gradients
  public :: accelerator_gradient_accumulation_steps
  public :: accelerator_set_gradient_accumulation_steps
  public :: accelerator_mixed_precision
  public :: accelerator_autocast_begin
  public :: accelerator_autocast_end
  public :: accelerator_optimizer_step_was_skipped
  public :: accelerator_clip_grad_norm
  public :: accelerator_clip_grad_value
  public :: accel_version
  public :: accel_torch_version
contains

  ! ---- accelerator.h ----

  function accelerator_create(cpu, device_placement, data_seed, split_batches, even_batches, &
    dispatch_batches, timeout, gradient_accumulation_steps, sync_with_dataloader, sync_each_batch, &
    step_scheduler_with_optimizer, mixed_precision, grad_scaler, log_with, project_dir, &
    automatic_checkpoint_naming, total_limit, save_on_each_node, logging_dir, data_parallel, num_threads, &
    keep_memory, fast_matmul)
    logical, intent(in), optional :: cpu, device_placement, split_batches, even_batches, &
      sync_with_dataloader, sync_each_batch, step_scheduler_with_optimizer, automatic_checkpoint_naming, &
      save_on_each_node, keep_memory, fast_matmul
    class(*), intent(in), optional :: data_seed, dispatch_batches, gradient_accumulation_steps, &
      total_limit, num_threads
    real(c_double), intent(in), optional :: timeout
    integer(c_int), intent(in), optional :: mixed_precision
    type(accel_grad_scaler_options), intent(in), optional, target :: grad_scaler
    character(*), intent(in), optional :: log_with, project_dir, logging_dir
    type(accel_data_parallel_options), intent(in), optional, target :: data_parallel
    type(accelerator) :: accelerator_create
    type(accelerator_options) :: options
    character(:), allocatable, target :: log_with_text, project_dir_text, logging_dir_text

    options = c_accelerator_options_default()
    if (present(cpu)) options%cpu = logical(cpu, c_bool)
    if (present(device_placement)) options%device_placement = logical(device_placement, c_bool)
    if (present(data_seed)) options%data_seed = whole_number(data_seed, "accelerator_create", "data_seed")
    if (present(split_batches)) options%split_batches = logical(split_batches, c_bool)
    if (present(even_batches)) options%even_batches = logical(even_batches, c_bool)
    if (present(dispatch_batches)) options%dispatch_batches = whole_int(dispatch_batches, &
      "accelerator_create", "dispatch_batches")
    if (present(timeout)) options%timeout = timeout
    if (present(gradient_accumulation_steps)) options%gradient_accumulation_steps = &
      whole_number(gradient_accumulation_steps, "accelerator_create", "gradient_accumulation_steps")
    if (present(sync_with_dataloader)) options%sync_with_dataloader = logical(sync_with_dataloader, c_bool)
    if (present(sync_each_batch)) options%sync_each_batch = logical(sync_each_batch, c_bool)
    if (present(step_scheduler_with_optimizer)) options%step_scheduler_with_optimizer = &
      logical(step_scheduler_with_optimizer, c_bool)
    if (present(mixed_precision)) options%mixed_precision = mixed_precision
    if (present(grad_scaler)) options%grad_scaler = c_loc(grad_scaler)
    if (present(log_with)) then
      log_with_text = c_text(log_with)
      options%log_with = c_loc(log_with_text)
    end if
    if (present(project_dir)) then
      project_dir_text = c_text(project_dir)
      options%project_dir = c_loc(project_dir_text)
    end if
    if (present(automatic_checkpoint_naming)) options%automatic_checkpoint_naming = &
      logical(automatic_checkpoint_naming, c_bool)
    if (present(total_limit)) options%total_limit = whole_number(total_limit, "accelerator_create", &
      "total_limit")
    if (present(save_on_each_node)) options%save_on_each_node = logical(save_on_each_node, c_bool)
    if (present(logging_dir)) then
      logging_dir_text = c_text(logging_dir)
      options%logging_dir = c_loc(logging_dir_text)
    end if
    if (present(data_parallel)) options%data_parallel = c_loc(data_parallel)
    if (present(num_threads)) options%num_threads = whole_int(num_threads, "accelerator_create", &
      "num_threads")
    if (present(keep_memory)) options%keep_memory = logical(keep_memory, c_bool)
    if (present(fast_matmul)) options%fast_matmul = logical(fast_matmul, c_bool)
    accelerator_create%address = c_accelerator_create_with(options)
  end function

  function accelerator_finish(acc)
    type(accelerator), intent(in) :: acc
    integer :: accelerator_finish

    accelerator_finish = c_accelerator_finish(acc%address)
  end function

  function accelerator_device(acc)
    type(accelerator), intent(in) :: acc
    type(accel_device) :: accelerator_device

    accelerator_device = c_accelerator_device(acc%address)
  end function

  function accelerator_num_processes(acc)
    type(accelerator), intent(in) :: acc
    integer :: accelerator_num_processes

    accelerator_num_processes = c_accelerator_num_processes(acc%address)
  end function

  function accelerator_process_index(acc)
    type(accelerator), intent(in) :: acc
    integer :: accelerator_process_index

    accelerator_process_index = c_accelerator_process_index(acc%address)
  end function

  function accelerator_local_process_index(acc)
    type(accelerator), intent(in) :: acc
    integer :: accelerator_local_process_index

    accelerator_local_process_index = c_accelerator_local_process_index(acc%address)
  end function

  function accelerator_is_main_process(acc)
    type(accelerator), intent(in) :: acc
    logical :: accelerator_is_main_process

    accelerator_is_main_process = c_accelerator_is_main_process(acc%address)
  end function

  function accelerator_is_local_main_process(acc)
    type(accelerator), intent(in) :: acc
    logical :: accelerator_is_local_main_process

    accelerator_is_local_main_process = c_accelerator_is_local_main_process(acc%address)
  end function

  subroutine accelerator_prepare_model(acc, model, evaluation_mode, status)
    type(accelerator), intent(in) :: acc
    type(accel_module), intent(in) :: model
    logical, intent(in), optional :: evaluation_mode
    integer, intent(out), optional :: status
    type(accelerator_prepare_model_options) :: options

    options = c_accelerator_prepare_model_options_default()
    if (present(evaluation_mode)) options%evaluation_mode = logical(evaluation_mode, c_bool)
    call give_status(c_accelerator_prepare_model_with(acc%address, model%address, options), status)
  end subroutine

  function accelerator_unwrap_model(acc, model)
    type(accelerator), intent(in) :: acc
    type(accel_module), intent(in) :: model
    type(accel_module) :: accelerator_unwrap_model

    accelerator_unwrap_model%address = c_accelerator_unwrap_model(acc%address, model%address)
  end function

  function accelerator_get_state_dict(acc, model)
    type(accelerator), intent(in) :: acc
    type(accel_module), intent(in) :: model
    type(accel_dict) :: accelerator_get_state_dict

    accelerator_get_state_dict%address = c_accelerator_get_state_dict(acc%address, model%address)
  end function

  subroutine accelerator_set_seed(acc, seed, device_specific, deterministic, status)
    type(accelerator), intent(in) :: acc
    class(*), intent(in) :: seed
    logical, intent(in), optional :: device_specific, deterministic
    integer, intent(out), optional :: status
    type(accelerator_set_seed_options) :: options

    options = c_accelerator_set_seed_options_default()
    if (present(device_specific)) options%device_specific = logical(device_specific, c_bool)
    if (present(deterministic)) options%deterministic = logical(deterministic, c_bool)
    call give_status(c_accelerator_set_seed_with(acc%address, whole_number(seed, "accelerator_set_seed", &
      "seed"), options), status)
  end subroutine

  subroutine accelerator_skip_first_batches(acc, loader, num_batches, status)
    type(accelerator), intent(in) :: acc
    type(accel_loader), intent(in) :: loader
    class(*), intent(in) :: num_batches
    integer, intent(out), optional :: status

    call give_status(c_accelerator_skip_first_batches(acc%address, loader%address, &
      whole_number(num_batches, "accelerator_skip_first_batches", "num_batches")), status)
  end subroutine

  subroutine accelerator_print(acc, text, status)
    type(accelerator), intent(in) :: acc
    character(*), intent(in) :: text
    integer, intent(out), optional :: status

    flush (output_unit)
    call give_status(c_accelerator_print(acc%address, c_text(text)), status)
  end subroutine

  function accelerator_progress(acc, total, description, enabled, minimum_interval, initial, unit, &
    unit_scale, unit_divisor, leave, smoothing)
    type(accelerator), intent(in) :: acc
    class(*), intent(in) :: total
    character(*), intent(in), optional :: description, unit
    logical, intent(in), optional :: enabled, unit_scale, leave
    real(c_double), intent(in), optional :: minimum_interval, unit_divisor, smoothing
    class(*), intent(in), optional :: initial
    type(accel_progress) :: accelerator_progress
    type(c_ptr) :: description_address
    character(:), allocatable, target :: description_text, unit_text
    type(accel_progress_options) :: options

    description_address = c_null_ptr
    if (present(description)) then
      description_text = c_text(description)
      description_address = c_loc(description_text)
    end if
    options = c_accel_progress_options_default()
    if (present(enabled)) options%enabled = logical(enabled, c_bool)
    if (present(minimum_interval)) options%minimum_interval = minimum_interval
    if (present(initial)) options%initial = whole_number(initial, "accelerator_progress", "initial")
    if (present(unit)) then
      unit_text = c_text(unit)
      options%unit = c_loc(unit_text)
    end if
    if (present(unit_scale)) options%unit_scale = logical(unit_scale, c_bool)
    if (present(unit_divisor)) options%unit_divisor = unit_divisor
    if (present(leave)) options%leave = logical(leave, c_bool)
    if (present(smoothing)) options%smoothing = smoothing
    accelerator_progress%address = c_accelerator_progress_with(acc%address, whole_number(total, &
      "accelerator_progress", "total"), description_address, options)
  end function

  ! ---- autograd.h ----

  function accel_requires_grad(tensor)
    type(accel_tensor), intent(in) :: tensor
    logical :: accel_requires_grad

    accel_requires_grad = c_accel_requires_grad(tensor%address)
  end function

  subroutine accel_set_requires_grad(tensor, requires_grad, status)
    type(accel_tensor), intent(in) :: tensor
    logical, intent(in) :: requires_grad
    integer, intent(out), optional :: status

    call give_status(c_accel_set_requires_grad(tensor%address, logical(requires_grad, c_bool)), status)
  end subroutine

  subroutine accel_backward(tensor, status)
    type(accel_tensor), intent(in) :: tensor
    integer, intent(out), optional :: status

    call give_status(c_accel_backward(tensor%address), status)
  end subroutine

  subroutine accel_backward_from(tensor, gradient, retain_graph, status)
    type(accel_tensor), intent(in) :: tensor, gradient
    logical, intent(in) :: retain_graph
    integer, intent(out), optional :: status

    call give_status(c_accel_backward_from(tensor%address, gradient%address, logical(retain_graph, &
      c_bool)), status)
  end subroutine

  function accel_grad(tensor)
    type(accel_tensor), intent(in) :: tensor
    type(accel_tensor) :: accel_grad

    accel_grad%address = c_accel_grad(tensor%address)
  end function

  subroutine accel_set_grad(tensor, gradient, status)
    type(accel_tensor), intent(in) :: tensor
    type(accel_tensor), intent(in), optional :: gradient
    integer, intent(out), optional :: status
    type(c_ptr) :: gradient_address

    gradient_address = c_null_ptr
    if (present(gradient)) gradient_address = gradient%address
    call give_status(c_accel_set_grad(tensor%address, gradient_address), status)
  end subroutine

  function accel_detach(tensor)
    type(accel_tensor), intent(in) :: tensor
    type(accel_tensor) :: accel_detach

    accel_detach%address = c_accel_detach(tensor%address)
  end function

  function accel_no_grad_begin()
    type(accel_no_grad_block) :: accel_no_grad_begin

    accel_no_grad_begin = c_accel_no_grad_begin()
  end function

  subroutine accel_no_grad_end(block)
    type(accel_no_grad_block), intent(inout) :: block

    call c_accel_no_grad_end(block)
  end subroutine

  ! ---- checkpoint.h ----

  function accel_load(path)
    character(*), intent(in) :: path
    type(accel_dict) :: accel_load

    accel_load%address = c_accel_load(c_text(path))
  end function

  subroutine accel_save(dict, path, status)
    type(accel_dict), intent(in) :: dict
    character(*), intent(in) :: path
    integer, intent(out), optional :: status

    call give_status(c_accel_save(dict%address, c_text(path)), status)
  end subroutine

  subroutine accel_save_state_dict(dict, folder, max_shard_size, safe_serialization, status)
    type(accel_dict), intent(in) :: dict
    character(*), intent(in) :: folder
    character(*), intent(in), optional :: max_shard_size
    logical, intent(in), optional :: safe_serialization
    integer, intent(out), optional :: status
    type(accel_save_state_dict_options) :: options
    character(:), allocatable, target :: max_shard_size_text

    options = c_accel_save_state_dict_options_default()
    if (present(max_shard_size)) then
      max_shard_size_text = c_text(max_shard_size)
      options%max_shard_size = c_loc(max_shard_size_text)
    end if
    if (present(safe_serialization)) options%safe_serialization = logical(safe_serialization, c_bool)
    call give_status(c_accel_save_state_dict_with(dict%address, c_text(folder), options), status)
  end subroutine

  subroutine accel_load_checkpoint_in_model(model, path, device, dtype, strict, status)
    type(accel_module), intent(in) :: model
    character(*), intent(in) :: path
    type(accel_device), intent(in), optional, target :: device
    integer(c_int), intent(in), optional :: dtype
    logical, intent(in), optional :: strict
    integer, intent(out), optional :: status
    type(accel_load_checkpoint_options) :: options

    options = c_accel_load_checkpoint_options_default()
    if (present(device)) options%device = c_loc(device)
    if (present(dtype)) options%dtype = dtype
    if (present(strict)) options%strict = logical(strict, c_bool)
    call give_status(c_accel_load_checkpoint_in_model_with(model%address, c_text(path), options), status)
  end subroutine

  subroutine accelerator_save_model(acc, model, folder, max_shard_size, safe_serialization, status)
    type(accelerator), intent(in) :: acc
    type(accel_module), intent(in) :: model
    character(*), intent(in) :: folder
    character(*), intent(in), optional :: max_shard_size
    logical, intent(in), optional :: safe_serialization
    integer, intent(out), optional :: status
    type(accel_save_state_dict_options) :: options
    character(:), allocatable, target :: max_shard_size_text

    options = c_accel_save_state_dict_options_default()
    if (present(max_shard_size)) then
      max_shard_size_text = c_text(max_shard_size)
      options%max_shard_size = c_loc(max_shard_size_text)
    end if
    if (present(safe_serialization)) options%safe_serialization = logical(safe_serialization, c_bool)
    call give_status(c_accelerator_save_model_with(acc%address, model%address, c_text(folder), options), &
      status)
  end subroutine

  subroutine accelerator_save(acc, dict, path, status)
    type(accelerator), intent(in) :: acc
    type(accel_dict), intent(in) :: dict
    character(*), intent(in) :: path
    integer, intent(out), optional :: status

    call give_status(c_accelerator_save(acc%address, dict%address, c_text(path)), status)
  end subroutine

  ! ---- collective.h ----

  function accelerator_gather(acc, tensor)
    type(accelerator), intent(in) :: acc
    type(accel_tensor), intent(in) :: tensor
    type(accel_tensor) :: accelerator_gather

    accelerator_gather%address = c_accelerator_gather(acc%address, tensor%address)
  end function

  function accelerator_gather_for_metrics(acc, tensor)
    type(accelerator), intent(in) :: acc
    type(accel_tensor), intent(in) :: tensor
    type(accel_tensor) :: accelerator_gather_for_metrics

    accelerator_gather_for_metrics%address = c_accelerator_gather_for_metrics(acc%address, tensor%address)
  end function

  function accelerator_reduce(acc, tensor, reduction, scale)
    type(accelerator), intent(in) :: acc
    type(accel_tensor), intent(in) :: tensor
    character(*), intent(in), optional :: reduction
    real(c_double), intent(in), optional :: scale
    type(accel_tensor) :: accelerator_reduce
    type(accelerator_reduce_options) :: options
    character(:), allocatable, target :: reduction_text

    options = c_accelerator_reduce_options_default()
    if (present(reduction)) then
      reduction_text = c_text(reduction)
      options%reduction = c_loc(reduction_text)
    end if
    if (present(scale)) options%scale = scale
    accelerator_reduce%address = c_accelerator_reduce_with(acc%address, tensor%address, options)
  end function

  subroutine accelerator_broadcast(acc, tensor, from_process, status)
    type(accelerator), intent(in) :: acc
    type(accel_tensor), intent(in) :: tensor
    class(*), intent(in) :: from_process
    integer, intent(out), optional :: status

    call give_status(c_accelerator_broadcast(acc%address, tensor%address, whole_int(from_process, &
      "accelerator_broadcast", "from_process")), status)
  end subroutine

  subroutine accelerator_share_error(acc, status)
    type(accelerator), intent(in) :: acc
    integer, intent(out), optional :: status

    call give_status(c_accelerator_share_error(acc%address), status)
  end subroutine

  subroutine accelerator_wait_for_everyone(acc, status)
    type(accelerator), intent(in) :: acc
    integer, intent(out), optional :: status

    call give_status(c_accelerator_wait_for_everyone(acc%address), status)
  end subroutine

  function accelerator_gather_dict(acc, dict)
    type(accelerator), intent(in) :: acc
    type(accel_dict), intent(in) :: dict
    type(accel_dict) :: accelerator_gather_dict

    accelerator_gather_dict%address = c_accelerator_gather_dict(acc%address, dict%address)
  end function

  function accelerator_gather_for_metrics_dict(acc, dict)
    type(accelerator), intent(in) :: acc
    type(accel_dict), intent(in) :: dict
    type(accel_dict) :: accelerator_gather_for_metrics_dict

    accelerator_gather_for_metrics_dict%address = c_accelerator_gather_for_metrics_dict(acc%address, &
      dict%address)
  end function

  function accelerator_reduce_dict(acc, dict, reduction, scale)
    type(accelerator), intent(in) :: acc
    type(accel_dict), intent(in) :: dict
    character(*), intent(in), optional :: reduction
    real(c_double), intent(in), optional :: scale
    type(accel_dict) :: accelerator_reduce_dict
    type(accelerator_reduce_options) :: options
    character(:), allocatable, target :: reduction_text

    options = c_accelerator_reduce_options_default()
    if (present(reduction)) then
      reduction_text = c_text(reduction)
      options%reduction = c_loc(reduction_text)
    end if
    if (present(scale)) options%scale = scale
    accelerator_reduce_dict%address = c_accelerator_reduce_dict_with(acc%address, dict%address, options)
  end function

  subroutine accelerator_broadcast_dict(acc, dict, from_process, status)
    type(accelerator), intent(in) :: acc
    type(accel_dict), intent(in) :: dict
    class(*), intent(in) :: from_process
    integer, intent(out), optional :: status

    call give_status(c_accelerator_broadcast_dict(acc%address, dict%address, whole_int(from_process, &
      "accelerator_broadcast_dict", "from_process")), status)
  end subroutine

  function accelerator_pad_across_processes(acc, tensor, dim, pad_index, pad_first)
    type(accelerator), intent(in) :: acc
    type(accel_tensor), intent(in) :: tensor
    class(*), intent(in), optional :: dim
    real(c_double), intent(in), optional :: pad_index
    logical, intent(in), optional :: pad_first
    type(accel_tensor) :: accelerator_pad_across_processes
    type(accelerator_pad_options) :: options

    options = c_accelerator_pad_options_default()
    if (present(dim)) options%dim = whole_int(dim, "accelerator_pad_across_processes", "dim")
    if (present(pad_index)) options%pad_index = pad_index
    if (present(pad_first)) options%pad_first = logical(pad_first, c_bool)
    accelerator_pad_across_processes%address = c_accelerator_pad_across_processes_with(acc%address, &
      tensor%address, options)
  end function

  function accelerator_pad_dict_across_processes(acc, dict, dim, pad_index, pad_first)
    type(accelerator), intent(in) :: acc
    type(accel_dict), intent(in) :: dict
    class(*), intent(in), optional :: dim
    real(c_double), intent(in), optional :: pad_index
    logical, intent(in), optional :: pad_first
    type(accel_dict) :: accelerator_pad_dict_across_processes
    type(accelerator_pad_options) :: options

    options = c_accelerator_pad_options_default()
    if (present(dim)) options%dim = whole_int(dim, "accelerator_pad_dict_across_processes", "dim")
    if (present(pad_index)) options%pad_index = pad_index
    if (present(pad_first)) options%pad_first = logical(pad_first, c_bool)
    accelerator_pad_dict_across_processes%address = &
      c_accelerator_pad_dict_across_processes_with(acc%address, dict%address, options)
  end function

  ! ---- comm_hook.h ----

  function accel_comm_hook_name(hook)
    integer(c_int), intent(in) :: hook
    character(:), allocatable :: accel_comm_hook_name

    accel_comm_hook_name = fortran_text(c_accel_comm_hook_name(hook))
  end function

  function accel_comm_hook_find(name, hook)
    character(*), intent(in) :: name
    integer(c_int), intent(out) :: hook
    logical :: accel_comm_hook_find

    accel_comm_hook_find = c_accel_comm_hook_find(c_text(name), hook)
  end function

  ! ---- dataset.h ----

  function accel_tensor_dataset(tensors)
    type(accel_dict), intent(in) :: tensors
    type(accel_dataset) :: accel_tensor_dataset

    accel_tensor_dataset%address = c_accel_tensor_dataset(tensors%address)
  end function

  function accel_dataset_length(dataset)
    type(accel_dataset), intent(in) :: dataset
    integer(int64) :: accel_dataset_length

    accel_dataset_length = c_accel_dataset_length(dataset%address)
  end function

  ! ---- device.h ----

  function accel_device_count(type)
    integer(c_int), intent(in) :: type
    integer :: accel_device_count

    accel_device_count = c_accel_device_count(type)
  end function

  function accel_device_name(device)
    type(accel_device), intent(in) :: device
    character(:), allocatable :: accel_device_name

    accel_device_name = fortran_text(c_accel_device_name(device))
  end function

  subroutine accel_device_synchronize(device, status)
    type(accel_device), intent(in) :: device
    integer, intent(out), optional :: status

    call give_status(c_accel_device_synchronize(device), status)
  end subroutine

  subroutine accel_device_memory(device, free, total, status)
    type(accel_device), intent(in) :: device
    integer(c_int64_t), intent(out) :: free, total
    integer, intent(out), optional :: status

    call give_status(c_accel_device_memory(device, free, total), status)
  end subroutine

  function accel_zeros_on(device, dtype, sizes)
    type(accel_device), intent(in) :: device
    integer(c_int), intent(in) :: dtype
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_zeros_on

    accel_zeros_on%address = c_accel_zeros_on(device, dtype, whole_numbers(sizes, "accel_zeros_on", &
      "sizes"), size(sizes, kind=c_size_t))
  end function

  function accel_ones_on(device, dtype, sizes)
    type(accel_device), intent(in) :: device
    integer(c_int), intent(in) :: dtype
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_ones_on

    accel_ones_on%address = c_accel_ones_on(device, dtype, whole_numbers(sizes, "accel_ones_on", "sizes"), &
      size(sizes, kind=c_size_t))
  end function

  function accel_full_on(device, value, dtype, sizes)
    type(accel_device), intent(in) :: device
    real(c_double), intent(in) :: value
    integer(c_int), intent(in) :: dtype
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_full_on

    accel_full_on%address = c_accel_full_on(device, value, dtype, whole_numbers(sizes, "accel_full_on", &
      "sizes"), size(sizes, kind=c_size_t))
  end function

  function accel_to_device(x, device)
    type(accel_tensor), intent(in) :: x
    type(accel_device), intent(in) :: device
    type(accel_tensor) :: accel_to_device

    accel_to_device%address = c_accel_to_device(x%address, device)
  end function

  function accel_dict_to_device(dict, device)
    type(accel_dict), intent(in) :: dict
    type(accel_device), intent(in) :: device
    type(accel_dict) :: accel_dict_to_device

    accel_dict_to_device%address = c_accel_dict_to_device(dict%address, device)
  end function

  ! ---- dict.h ----

  function accel_dict_create()
    type(accel_dict) :: accel_dict_create

    accel_dict_create%address = c_accel_dict_create()
  end function

  subroutine accel_dict_set(dict, name, tensor, status)
    type(accel_dict), intent(in) :: dict
    character(*), intent(in) :: name
    type(accel_tensor), intent(in) :: tensor
    integer, intent(out), optional :: status

    call give_status(c_accel_dict_set(dict%address, c_text(name), tensor%address), status)
  end subroutine

  function accel_dict_get(dict, name)
    type(accel_dict), intent(in) :: dict
    character(*), intent(in) :: name
    type(accel_tensor) :: accel_dict_get

    accel_dict_get%address = c_accel_dict_get(dict%address, c_text(name))
  end function

  function accel_dict_has(dict, name)
    type(accel_dict), intent(in) :: dict
    character(*), intent(in) :: name
    logical :: accel_dict_has

    accel_dict_has = c_accel_dict_has(dict%address, c_text(name))
  end function

  subroutine accel_dict_remove(dict, name, status)
    type(accel_dict), intent(in) :: dict
    character(*), intent(in) :: name
    integer, intent(out), optional :: status

    call give_status(c_accel_dict_remove(dict%address, c_text(name)), status)
  end subroutine

  function accel_dict_count(dict)
    type(accel_dict), intent(in) :: dict
    integer(int64) :: accel_dict_count

    accel_dict_count = c_accel_dict_count(dict%address)
  end function

  function accel_dict_name(dict, index)
    type(accel_dict), intent(in) :: dict
    class(*), intent(in) :: index
    character(:), allocatable :: accel_dict_name

    accel_dict_name = fortran_text(c_accel_dict_name(dict%address, whole_size(index, "accel_dict_name", &
      "index")))
  end function

  function accel_dict_tensor(dict, index)
    type(accel_dict), intent(in) :: dict
    class(*), intent(in) :: index
    type(accel_tensor) :: accel_dict_tensor

    accel_dict_tensor%address = c_accel_dict_tensor(dict%address, whole_size(index, "accel_dict_tensor", &
      "index"))
  end function

  ! ---- error.h ----

  function accel_error_is_set()
    logical :: accel_error_is_set

    accel_error_is_set = c_accel_error_is_set()
  end function

  function accel_error_status()
    integer :: accel_error_status

    accel_error_status = c_accel_error_status()
  end function

  function accel_error_text()
    character(:), allocatable :: accel_error_text

    accel_error_text = fortran_text(c_accel_error_text())
  end function

  subroutine accel_error_clear()

    call c_accel_error_clear()
  end subroutine

  function accel_status_name(status)
    integer(c_int), intent(in) :: status
    character(:), allocatable :: accel_status_name

    accel_status_name = fortran_text(c_accel_status_name(status))
  end function

  function accel_status_text(status)
    integer(c_int), intent(in) :: status
    character(:), allocatable :: accel_status_text

    accel_status_text = fortran_text(c_accel_status_text(status))
  end function

  function accel_try_begin()
    type(accel_try_block) :: accel_try_begin

    accel_try_begin = c_accel_try_begin()
  end function

  subroutine accel_try_end(block)
    type(accel_try_block), intent(inout) :: block

    call c_accel_try_end(block)
  end subroutine

  ! ---- init.h ----

  subroutine accel_init_uniform(tensor, from, to, status)
    type(accel_tensor), intent(in) :: tensor
    real(c_double), intent(in) :: from, to
    integer, intent(out), optional :: status

    call give_status(c_accel_init_uniform(tensor%address, from, to), status)
  end subroutine

  subroutine accel_init_normal(tensor, mean, std, status)
    type(accel_tensor), intent(in) :: tensor
    real(c_double), intent(in) :: mean, std
    integer, intent(out), optional :: status

    call give_status(c_accel_init_normal(tensor%address, mean, std), status)
  end subroutine

  subroutine accel_init_constant(tensor, value, status)
    type(accel_tensor), intent(in) :: tensor
    real(c_double), intent(in) :: value
    integer, intent(out), optional :: status

    call give_status(c_accel_init_constant(tensor%address, value), status)
  end subroutine

  subroutine accel_init_kaiming_uniform(tensor, a, status)
    type(accel_tensor), intent(in) :: tensor
    real(c_double), intent(in) :: a
    integer, intent(out), optional :: status

    call give_status(c_accel_init_kaiming_uniform(tensor%address, a), status)
  end subroutine

  subroutine accel_init_xavier_uniform(tensor, gain, status)
    type(accel_tensor), intent(in) :: tensor
    real(c_double), intent(in) :: gain
    integer, intent(out), optional :: status

    call give_status(c_accel_init_xavier_uniform(tensor%address, gain), status)
  end subroutine

  ! ---- join.h ----

  function accelerator_join_begin(acc)
    type(accelerator), intent(in) :: acc
    type(accelerator_join_block) :: accelerator_join_begin

    accelerator_join_begin = c_accelerator_join_begin(acc%address)
  end function

  subroutine accelerator_join_end(block)
    type(accelerator_join_block), intent(inout) :: block

    call c_accelerator_join_end(block)
  end subroutine

  ! ---- layers.h ----

  function accel_linear(in_features, out_features, bias)
    class(*), intent(in) :: in_features, out_features
    logical, intent(in), optional :: bias
    type(accel_module) :: accel_linear
    type(accel_linear_options) :: options

    options = c_accel_linear_options_default()
    if (present(bias)) options%bias = logical(bias, c_bool)
    accel_linear%address = c_accel_linear_with(whole_number(in_features, "accel_linear", "in_features"), &
      whole_number(out_features, "accel_linear", "out_features"), options)
  end function

  function accel_embedding(num_embeddings, embedding_dim, padding_idx)
    class(*), intent(in) :: num_embeddings, embedding_dim
    class(*), intent(in), optional :: padding_idx
    type(accel_module) :: accel_embedding
    type(accel_embedding_options) :: options

    options = c_accel_embedding_options_default()
    if (present(padding_idx)) options%padding_idx = whole_number(padding_idx, "accel_embedding", &
      "padding_idx")
    accel_embedding%address = c_accel_embedding_with(whole_number(num_embeddings, "accel_embedding", &
      "num_embeddings"), whole_number(embedding_dim, "accel_embedding", "embedding_dim"), options)
  end function

  function accel_layer_norm(size, eps)
    class(*), intent(in) :: size
    real(c_double), intent(in), optional :: eps
    type(accel_module) :: accel_layer_norm
    type(accel_layer_norm_options) :: options

    options = c_accel_layer_norm_options_default()
    if (present(eps)) options%eps = eps
    accel_layer_norm%address = c_accel_layer_norm_with(whole_number(size, "accel_layer_norm", "size"), &
      options)
  end function

  function accel_dropout(p)
    real(c_double), intent(in) :: p
    type(accel_module) :: accel_dropout

    accel_dropout%address = c_accel_dropout(p)
  end function

  function accel_relu_module()
    type(accel_module) :: accel_relu_module

    accel_relu_module%address = c_accel_relu_module()
  end function

  function accel_gelu_module()
    type(accel_module) :: accel_gelu_module

    accel_gelu_module%address = c_accel_gelu_module()
  end function

  function accel_tanh_module()
    type(accel_module) :: accel_tanh_module

    accel_tanh_module%address = c_accel_tanh_module()
  end function

  function accel_sequential_of(modules)
    type(accel_module), intent(in) :: modules(:)
    type(accel_module) :: accel_sequential_of

    accel_sequential_of%address = c_accel_sequential_of(modules%address, size(modules, kind=c_size_t))
  end function

  function accel_scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale)
    type(accel_tensor), intent(in) :: query, key, value
    type(accel_tensor), intent(in), optional :: attn_mask
    real(c_double), intent(in), optional :: dropout_p, scale
    logical, intent(in), optional :: is_causal
    type(accel_tensor) :: accel_scaled_dot_product_attention
    type(accel_attention_options) :: options

    options = c_accel_attention_options_default()
    if (present(attn_mask)) options%attn_mask = attn_mask%address
    if (present(dropout_p)) options%dropout_p = dropout_p
    if (present(is_causal)) options%is_causal = logical(is_causal, c_bool)
    if (present(scale)) options%scale = scale
    accel_scaled_dot_product_attention%address = c_accel_scaled_dot_product_attention_with(query%address, &
      key%address, value%address, options)
  end function

  ! ---- loader.h ----

  function accel_loader_create(dataset, batch_size, shuffle, drop_last, data_seed, num_workers, prefetch)
    type(accel_dataset), intent(in) :: dataset
    class(*), intent(in), optional :: batch_size, data_seed, num_workers, prefetch
    logical, intent(in), optional :: shuffle, drop_last
    type(accel_loader) :: accel_loader_create
    type(accel_loader_options) :: options

    options = c_accel_loader_options_default()
    if (present(batch_size)) options%batch_size = whole_number(batch_size, "accel_loader_create", &
      "batch_size")
    if (present(shuffle)) options%shuffle = logical(shuffle, c_bool)
    if (present(drop_last)) options%drop_last = logical(drop_last, c_bool)
    if (present(data_seed)) options%data_seed = whole_number(data_seed, "accel_loader_create", "data_seed")
    if (present(num_workers)) options%num_workers = whole_int(num_workers, "accel_loader_create", &
      "num_workers")
    if (present(prefetch)) options%prefetch = whole_int(prefetch, "accel_loader_create", "prefetch")
    accel_loader_create%address = c_accel_loader_create_with(dataset%address, options)
  end function

  function accel_loader_length(loader)
    type(accel_loader), intent(in) :: loader
    integer(int64) :: accel_loader_length

    accel_loader_length = c_accel_loader_length(loader%address)
  end function

  function accel_loader_epoch(loader)
    type(accel_loader), intent(in) :: loader
    integer(int64) :: accel_loader_epoch

    accel_loader_epoch = c_accel_loader_epoch(loader%address)
  end function

  subroutine accel_loader_set_epoch(loader, epoch, status)
    type(accel_loader), intent(in) :: loader
    class(*), intent(in) :: epoch
    integer, intent(out), optional :: status

    call give_status(c_accel_loader_set_epoch(loader%address, whole_number(epoch, "accel_loader_set_epoch", &
      "epoch")), status)
  end subroutine

  subroutine accel_loader_skip_first_batches(loader, num_batches, status)
    type(accel_loader), intent(in) :: loader
    class(*), intent(in) :: num_batches
    integer, intent(out), optional :: status

    call give_status(c_accel_loader_skip_first_batches(loader%address, whole_number(num_batches, &
      "accel_loader_skip_first_batches", "num_batches")), status)
  end subroutine

  function accel_loader_state_dict(loader)
    type(accel_loader), intent(in) :: loader
    type(accel_dict) :: accel_loader_state_dict

    accel_loader_state_dict%address = c_accel_loader_state_dict(loader%address)
  end function

  subroutine accel_loader_load_state_dict(loader, state, status)
    type(accel_loader), intent(in) :: loader
    type(accel_dict), intent(in) :: state
    integer, intent(out), optional :: status

    call give_status(c_accel_loader_load_state_dict(loader%address, state%address), status)
  end subroutine

  subroutine accel_loader_begin(loader, status)
    type(accel_loader), intent(in) :: loader
    integer, intent(out), optional :: status

    call give_status(c_accel_loader_begin(loader%address), status)
  end subroutine

  subroutine accel_loader_end(loader)
    type(accel_loader), intent(in) :: loader

    call c_accel_loader_end(loader%address)
  end subroutine

  ! ---- local_sgd.h ----

  function accelerator_local_sgd_begin(acc, model, local_sgd_steps, enabled)
    type(accelerator), intent(in) :: acc
    type(accel_module), intent(in) :: model
    class(*), intent(in), optional :: local_sgd_steps
    logical, intent(in), optional :: enabled
    type(accelerator_local_sgd_block) :: accelerator_local_sgd_begin
    type(accelerator_local_sgd_options) :: options

    options = c_accelerator_local_sgd_options_default()
    if (present(local_sgd_steps)) options%local_sgd_steps = whole_number(local_sgd_steps, &
      "accelerator_local_sgd_begin", "local_sgd_steps")
    if (present(enabled)) options%enabled = logical(enabled, c_bool)
    accelerator_local_sgd_begin = c_accelerator_local_sgd_begin_with(acc%address, model%address, options)
  end function

  subroutine accelerator_local_sgd_end(block)
    type(accelerator_local_sgd_block), intent(inout) :: block

    call c_accelerator_local_sgd_end(block)
  end subroutine

  subroutine accelerator_local_sgd_step(acc, model, status)
    type(accelerator), intent(in) :: acc
    type(accel_module), intent(in) :: model
    integer, intent(out), optional :: status

    call give_status(c_accelerator_local_sgd_step(acc%address, model%address), status)
  end subroutine

  ! ---- log.h ----

  subroutine accel_log_line(level, text)
    integer(c_int), intent(in) :: level
    character(*), intent(in) :: text

    call c_accel_log_line(level, c_text(text))
  end subroutine

  subroutine accel_log_local_main_line(level, text)
    integer(c_int), intent(in) :: level
    character(*), intent(in) :: text

    call c_accel_log_local_main_line(level, c_text(text))
  end subroutine

  ! ---- logger.h ----

  subroutine accelerator_log_line(acc, level, text, status)
    type(accelerator), intent(in) :: acc
    integer(c_int), intent(in) :: level
    character(*), intent(in) :: text
    integer, intent(out), optional :: status

    call give_status(c_accelerator_log_line(acc%address, level, c_text(text)), status)
  end subroutine

  subroutine accelerator_log_line_all(acc, level, text, status)
    type(accelerator), intent(in) :: acc
    integer(c_int), intent(in) :: level
    character(*), intent(in) :: text
    integer, intent(out), optional :: status

    call give_status(c_accelerator_log_line_all(acc%address, level, c_text(text)), status)
  end subroutine

  subroutine accelerator_log_line_in_order(acc, level, text, status)
    type(accelerator), intent(in) :: acc
    integer(c_int), intent(in) :: level
    character(*), intent(in) :: text
    integer, intent(out), optional :: status

    call give_status(c_accelerator_log_line_in_order(acc%address, level, c_text(text)), status)
  end subroutine

  subroutine accelerator_warning_once(acc, text, status)
    type(accelerator), intent(in) :: acc
    character(*), intent(in) :: text
    integer, intent(out), optional :: status

    call give_status(c_accelerator_warning_once(acc%address, c_text(text)), status)
  end subroutine

  ! ---- loss.h ----

  function accel_cross_entropy(logits, target, weight, reduction, ignore_index, label_smoothing)
    type(accel_tensor), intent(in) :: logits, target
    type(accel_tensor), intent(in), optional :: weight
    integer(c_int), intent(in), optional :: reduction
    class(*), intent(in), optional :: ignore_index
    real(c_double), intent(in), optional :: label_smoothing
    type(accel_tensor) :: accel_cross_entropy
    type(accel_cross_entropy_options) :: options

    options = c_accel_cross_entropy_options_default()
    if (present(weight)) options%weight = weight%address
    if (present(reduction)) options%reduction = reduction
    if (present(ignore_index)) options%ignore_index = whole_number(ignore_index, "accel_cross_entropy", &
      "ignore_index")
    if (present(label_smoothing)) options%label_smoothing = label_smoothing
    accel_cross_entropy%address = c_accel_cross_entropy_with(logits%address, target%address, options)
  end function

  function accel_mse_loss(input, target, reduction)
    type(accel_tensor), intent(in) :: input, target
    integer(c_int), intent(in), optional :: reduction
    type(accel_tensor) :: accel_mse_loss
    type(accel_mse_loss_options) :: options

    options = c_accel_mse_loss_options_default()
    if (present(reduction)) options%reduction = reduction
    accel_mse_loss%address = c_accel_mse_loss_with(input%address, target%address, options)
  end function

  ! ---- memory.h ----

  subroutine accelerator_free_memory(acc, status)
    type(accelerator), intent(in) :: acc
    integer, intent(out), optional :: status

    call give_status(c_accelerator_free_memory(acc%address), status)
  end subroutine

  function accelerator_batch_size_search_begin(acc, starting_batch_size)
    type(accelerator), intent(in) :: acc
    class(*), intent(in) :: starting_batch_size
    type(accelerator_batch_size_search) :: accelerator_batch_size_search_begin
    type(accelerator_batch_size_options) :: options

    options = c_accelerator_batch_size_options_default()
    accelerator_batch_size_search_begin = c_accelerator_batch_size_search_begin_with(acc%address, &
      whole_number(starting_batch_size, "accelerator_batch_size_search_begin", "starting_batch_size"), &
      options)
  end function

  function accelerator_batch_size_search_next(search)
    type(accelerator_batch_size_search), intent(inout) :: search
    logical :: accelerator_batch_size_search_next

    accelerator_batch_size_search_next = c_accelerator_batch_size_search_next(search)
  end function

  subroutine accelerator_batch_size_search_end(search)
    type(accelerator_batch_size_search), intent(inout) :: search

    call c_accelerator_batch_size_search_end(search)
  end subroutine

  ! ---- model.h ----

  function accel_model_from_pretrained(folder, task, num_labels)
    character(*), intent(in) :: folder
    character(*), intent(in), optional :: task
    class(*), intent(in), optional :: num_labels
    type(accel_module) :: accel_model_from_pretrained
    type(accel_model_options) :: options
    character(:), allocatable, target :: task_text

    options = c_accel_model_options_default()
    if (present(task)) then
      task_text = c_text(task)
      options%task = c_loc(task_text)
    end if
    if (present(num_labels)) options%num_labels = whole_number(num_labels, "accel_model_from_pretrained", &
      "num_labels")
    accel_model_from_pretrained%address = c_accel_model_from_pretrained_with(c_text(folder), options)
  end function

  subroutine accel_model_save_pretrained(model, folder, max_shard_size, safe_serialization, status)
    type(accel_module), intent(in) :: model
    character(*), intent(in) :: folder
    character(*), intent(in), optional :: max_shard_size
    logical, intent(in), optional :: safe_serialization
    integer, intent(out), optional :: status
    type(accel_save_state_dict_options) :: options
    character(:), allocatable, target :: max_shard_size_text

    options = c_accel_save_state_dict_options_default()
    if (present(max_shard_size)) then
      max_shard_size_text = c_text(max_shard_size)
      options%max_shard_size = c_loc(max_shard_size_text)
    end if
    if (present(safe_serialization)) options%safe_serialization = logical(safe_serialization, c_bool)
    call give_status(c_accel_model_save_pretrained_with(model%address, c_text(folder), options), status)
  end subroutine

  subroutine accelerator_save_pretrained(acc, model, folder, max_shard_size, safe_serialization, status)
    type(accelerator), intent(in) :: acc
    type(accel_module), intent(in) :: model
    character(*), intent(in) :: folder
    character(*), intent(in), optional :: max_shard_size
    logical, intent(in), optional :: safe_serialization
    integer, intent(out), optional :: status
    type(accel_save_state_dict_options) :: options
    character(:), allocatable, target :: max_shard_size_text

    options = c_accel_save_state_dict_options_default()
    if (present(max_shard_size)) then
      max_shard_size_text = c_text(max_shard_size)
      options%max_shard_size = c_loc(max_shard_size_text)
    end if
    if (present(safe_serialization)) options%safe_serialization = logical(safe_serialization, c_bool)
    call give_status(c_accelerator_save_pretrained_with(acc%address, model%address, c_text(folder), &
      options), status)
  end subroutine

  function accel_text_dataset(tokenizer, table, rows, text_column, max_length)
    type(accel_tokenizer), intent(in) :: tokenizer
    type(accel_table), intent(in) :: table
    type(accel_labelled_row), intent(in) :: rows(:)
    class(*), intent(in), optional :: text_column, max_length
    type(accel_dataset) :: accel_text_dataset
    type(accel_text_dataset_options) :: options

    options = c_accel_text_dataset_options_default()
    if (present(text_column)) options%text_column = whole_number(text_column, "accel_text_dataset", &
      "text_column")
    if (present(max_length)) options%max_length = whole_number(max_length, "accel_text_dataset", "max_length")
    accel_text_dataset%address = c_accel_text_dataset_with(tokenizer%address, table%address, rows, &
      size(rows, kind=c_size_t), options)
  end function

  ! ---- module.h ----

  function accel_module_type(module)
    type(accel_module), intent(in) :: module
    character(:), allocatable :: accel_module_type

    accel_module_type = fortran_text(c_accel_module_type(module%address))
  end function

  function accel_module_add(parent, name, child)
    type(accel_module), intent(in) :: parent, child
    character(*), intent(in) :: name
    type(accel_module) :: accel_module_add

    accel_module_add%address = c_accel_module_add(parent%address, c_text(name), child%address)
  end function

  function accel_module_add_parameter(module, name, tensor)
    type(accel_module), intent(in) :: module
    character(*), intent(in) :: name
    type(accel_tensor), intent(in) :: tensor
    type(accel_tensor) :: accel_module_add_parameter

    accel_module_add_parameter%address = c_accel_module_add_parameter(module%address, c_text(name), &
      tensor%address)
  end function

  function accel_module_add_buffer(module, name, tensor, persistent)
    type(accel_module), intent(in) :: module
    character(*), intent(in) :: name
    type(accel_tensor), intent(in) :: tensor
    logical, intent(in) :: persistent
    type(accel_tensor) :: accel_module_add_buffer

    accel_module_add_buffer%address = c_accel_module_add_buffer(module%address, c_text(name), &
      tensor%address, logical(persistent, c_bool))
  end function

  function accel_module_child(module, name)
    type(accel_module), intent(in) :: module
    character(*), intent(in) :: name
    type(accel_module) :: accel_module_child

    accel_module_child%address = c_accel_module_child(module%address, c_text(name))
  end function

  function accel_module_tensor(module, name)
    type(accel_module), intent(in) :: module
    character(*), intent(in) :: name
    type(accel_tensor) :: accel_module_tensor

    accel_module_tensor%address = c_accel_module_tensor(module%address, c_text(name))
  end function

  function accel_module_parameters(module)
    type(accel_module), intent(in) :: module
    type(accel_dict) :: accel_module_parameters

    accel_module_parameters%address = c_accel_module_parameters(module%address)
  end function

  function accel_module_buffers(module)
    type(accel_module), intent(in) :: module
    type(accel_dict) :: accel_module_buffers

    accel_module_buffers%address = c_accel_module_buffers(module%address)
  end function

  function accel_module_parameter_count(module)
    type(accel_module), intent(in) :: module
    integer(int64) :: accel_module_parameter_count

    accel_module_parameter_count = c_accel_module_parameter_count(module%address)
  end function

  function accel_state_dict(module)
    type(accel_module), intent(in) :: module
    type(accel_dict) :: accel_state_dict

    accel_state_dict%address = c_accel_state_dict(module%address)
  end function

  subroutine accel_load_state_dict(module, dict, strict, status)
    type(accel_module), intent(in) :: module
    type(accel_dict), intent(in) :: dict
    logical, intent(in), optional :: strict
    integer, intent(out), optional :: status
    type(accel_load_state_dict_options) :: options

    options = c_accel_load_state_dict_options_default()
    if (present(strict)) options%strict = logical(strict, c_bool)
    call give_status(c_accel_load_state_dict_with(module%address, dict%address, options), status)
  end subroutine

  subroutine accel_module_to_device(module, device, status)
    type(accel_module), intent(in) :: module
    type(accel_device), intent(in) :: device
    integer, intent(out), optional :: status

    call give_status(c_accel_module_to_device(module%address, device), status)
  end subroutine

  subroutine accel_module_to_dtype(module, dtype, status)
    type(accel_module), intent(in) :: module
    integer(c_int), intent(in) :: dtype
    integer, intent(out), optional :: status

    call give_status(c_accel_module_to_dtype(module%address, dtype), status)
  end subroutine

  subroutine accel_train(module, status)
    type(accel_module), intent(in) :: module
    integer, intent(out), optional :: status

    call give_status(c_accel_train(module%address), status)
  end subroutine

  subroutine accel_eval(module, status)
    type(accel_module), intent(in) :: module
    integer, intent(out), optional :: status

    call give_status(c_accel_eval(module%address), status)
  end subroutine

  function accel_is_training(module)
    type(accel_module), intent(in) :: module
    logical :: accel_is_training

    accel_is_training = c_accel_is_training(module%address)
  end function

  function accel_forward_tensor(module, input)
    type(accel_module), intent(in) :: module
    type(accel_tensor), intent(in) :: input
    type(accel_tensor) :: accel_forward_tensor

    accel_forward_tensor%address = c_accel_forward_tensor(module%address, input%address)
  end function

  function accel_forward_dict(module, inputs)
    type(accel_module), intent(in) :: module
    type(accel_dict), intent(in) :: inputs
    type(accel_dict) :: accel_forward_dict

    accel_forward_dict%address = c_accel_forward_dict(module%address, inputs%address)
  end function

  function accel_no_init_begin()
    type(accel_no_init_block) :: accel_no_init_begin

    accel_no_init_begin = c_accel_no_init_begin()
  end function

  subroutine accel_no_init_end(block)
    type(accel_no_init_block), intent(inout) :: block

    call c_accel_no_init_end(block)
  end subroutine

  ! ---- npy.h ----

  function accel_npy_load(path)
    character(*), intent(in) :: path
    type(accel_tensor) :: accel_npy_load

    accel_npy_load%address = c_accel_npy_load(c_text(path))
  end function

  ! ---- numerics.h ----

  subroutine accel_use_deterministic_algorithms(enabled, status)
    logical, intent(in) :: enabled
    integer, intent(out), optional :: status

    call give_status(c_accel_use_deterministic_algorithms(logical(enabled, c_bool)), status)
  end subroutine

  function accel_deterministic_algorithms()
    logical :: accel_deterministic_algorithms

    accel_deterministic_algorithms = c_accel_deterministic_algorithms()
  end function

  subroutine accel_set_float32_matmul_precision(precision, status)
    character(*), intent(in) :: precision
    integer, intent(out), optional :: status

    call give_status(c_accel_set_float32_matmul_precision(c_text(precision)), status)
  end subroutine

  function accel_float32_matmul_precision()
    character(:), allocatable :: accel_float32_matmul_precision

    accel_float32_matmul_precision = fortran_text(c_accel_float32_matmul_precision())
  end function

  ! ---- ops.h ----

  function accel_add(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_add

    accel_add%address = c_accel_add(a%address, b%address)
  end function

  function accel_sub(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_sub

    accel_sub%address = c_accel_sub(a%address, b%address)
  end function

  function accel_mul(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_mul

    accel_mul%address = c_accel_mul(a%address, b%address)
  end function

  function accel_div(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_div

    accel_div%address = c_accel_div(a%address, b%address)
  end function

  function accel_add_scalar(x, value)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: value
    type(accel_tensor) :: accel_add_scalar

    accel_add_scalar%address = c_accel_add_scalar(x%address, value)
  end function

  function accel_sub_scalar(x, value)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: value
    type(accel_tensor) :: accel_sub_scalar

    accel_sub_scalar%address = c_accel_sub_scalar(x%address, value)
  end function

  function accel_mul_scalar(x, value)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: value
    type(accel_tensor) :: accel_mul_scalar

    accel_mul_scalar%address = c_accel_mul_scalar(x%address, value)
  end function

  function accel_div_scalar(x, value)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: value
    type(accel_tensor) :: accel_div_scalar

    accel_div_scalar%address = c_accel_div_scalar(x%address, value)
  end function

  function accel_pow_scalar(x, exponent)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: exponent
    type(accel_tensor) :: accel_pow_scalar

    accel_pow_scalar%address = c_accel_pow_scalar(x%address, exponent)
  end function

  function accel_neg(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_neg

    accel_neg%address = c_accel_neg(x%address)
  end function

  function accel_abs(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_abs

    accel_abs%address = c_accel_abs(x%address)
  end function

  function accel_square(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_square

    accel_square%address = c_accel_square(x%address)
  end function

  function accel_sqrt(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_sqrt

    accel_sqrt%address = c_accel_sqrt(x%address)
  end function

  function accel_rsqrt(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_rsqrt

    accel_rsqrt%address = c_accel_rsqrt(x%address)
  end function

  function accel_exp(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_exp

    accel_exp%address = c_accel_exp(x%address)
  end function

  function accel_log(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_log

    accel_log%address = c_accel_log(x%address)
  end function

  function accel_sin(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_sin

    accel_sin%address = c_accel_sin(x%address)
  end function

  function accel_cos(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_cos

    accel_cos%address = c_accel_cos(x%address)
  end function

  function accel_clamp(x, min, max)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: min, max
    type(accel_tensor) :: accel_clamp

    accel_clamp%address = c_accel_clamp(x%address, min, max)
  end function

  function accel_maximum(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_maximum

    accel_maximum%address = c_accel_maximum(a%address, b%address)
  end function

  function accel_minimum(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_minimum

    accel_minimum%address = c_accel_minimum(a%address, b%address)
  end function

  function accel_relu(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_relu

    accel_relu%address = c_accel_relu(x%address)
  end function

  function accel_gelu(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_gelu

    accel_gelu%address = c_accel_gelu(x%address)
  end function

  function accel_silu(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_silu

    accel_silu%address = c_accel_silu(x%address)
  end function

  function accel_sigmoid(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_sigmoid

    accel_sigmoid%address = c_accel_sigmoid(x%address)
  end function

  function accel_tanh(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_tanh

    accel_tanh%address = c_accel_tanh(x%address)
  end function

  function accel_softmax(x, dim)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: dim
    type(accel_tensor) :: accel_softmax

    accel_softmax%address = c_accel_softmax(x%address, whole_number(dim, "accel_softmax", "dim"))
  end function

  function accel_log_softmax(x, dim)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: dim
    type(accel_tensor) :: accel_log_softmax

    accel_log_softmax%address = c_accel_log_softmax(x%address, whole_number(dim, "accel_log_softmax", "dim"))
  end function

  function accel_eq(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_eq

    accel_eq%address = c_accel_eq(a%address, b%address)
  end function

  function accel_ne(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_ne

    accel_ne%address = c_accel_ne(a%address, b%address)
  end function

  function accel_lt(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_lt

    accel_lt%address = c_accel_lt(a%address, b%address)
  end function

  function accel_gt(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_gt

    accel_gt%address = c_accel_gt(a%address, b%address)
  end function

  function accel_eq_scalar(x, value)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: value
    type(accel_tensor) :: accel_eq_scalar

    accel_eq_scalar%address = c_accel_eq_scalar(x%address, value)
  end function

  function accel_ne_scalar(x, value)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: value
    type(accel_tensor) :: accel_ne_scalar

    accel_ne_scalar%address = c_accel_ne_scalar(x%address, value)
  end function

  function accel_lt_scalar(x, value)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: value
    type(accel_tensor) :: accel_lt_scalar

    accel_lt_scalar%address = c_accel_lt_scalar(x%address, value)
  end function

  function accel_gt_scalar(x, value)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: value
    type(accel_tensor) :: accel_gt_scalar

    accel_gt_scalar%address = c_accel_gt_scalar(x%address, value)
  end function

  function accel_logical_not(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_logical_not

    accel_logical_not%address = c_accel_logical_not(x%address)
  end function

  function accel_logical_and(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_logical_and

    accel_logical_and%address = c_accel_logical_and(a%address, b%address)
  end function

  function accel_isfinite(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_isfinite

    accel_isfinite%address = c_accel_isfinite(x%address)
  end function

  function accel_all(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_all

    accel_all%address = c_accel_all(x%address)
  end function

  function accel_any(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_any

    accel_any%address = c_accel_any(x%address)
  end function

  function accel_where(condition, a, b)
    type(accel_tensor), intent(in) :: condition, a, b
    type(accel_tensor) :: accel_where

    accel_where%address = c_accel_where(condition%address, a%address, b%address)
  end function

  function accel_masked_fill(x, mask, value)
    type(accel_tensor), intent(in) :: x, mask
    real(c_double), intent(in) :: value
    type(accel_tensor) :: accel_masked_fill

    accel_masked_fill%address = c_accel_masked_fill(x%address, mask%address, value)
  end function

  function accel_sum(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_sum

    accel_sum%address = c_accel_sum(x%address)
  end function

  function accel_mean(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_mean

    accel_mean%address = c_accel_mean(x%address)
  end function

  function accel_max(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_max

    accel_max%address = c_accel_max(x%address)
  end function

  function accel_min(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_min

    accel_min%address = c_accel_min(x%address)
  end function

  function accel_sum_dims(x, dims, keepdim)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: dims(:)
    logical, intent(in) :: keepdim
    type(accel_tensor) :: accel_sum_dims

    accel_sum_dims%address = c_accel_sum_dims(x%address, whole_numbers(dims, "accel_sum_dims", "dims"), &
      size(dims, kind=c_size_t), logical(keepdim, c_bool))
  end function

  function accel_mean_dims(x, dims, keepdim)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: dims(:)
    logical, intent(in) :: keepdim
    type(accel_tensor) :: accel_mean_dims

    accel_mean_dims%address = c_accel_mean_dims(x%address, whole_numbers(dims, "accel_mean_dims", "dims"), &
      size(dims, kind=c_size_t), logical(keepdim, c_bool))
  end function

  function accel_argmax(x, dim, keepdim)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: dim
    logical, intent(in) :: keepdim
    type(accel_tensor) :: accel_argmax

    accel_argmax%address = c_accel_argmax(x%address, whole_number(dim, "accel_argmax", "dim"), &
      logical(keepdim, c_bool))
  end function

  function accel_vector_norm(x, order)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: order
    type(accel_tensor) :: accel_vector_norm

    accel_vector_norm%address = c_accel_vector_norm(x%address, order)
  end function

  function accel_matmul(a, b)
    type(accel_tensor), intent(in) :: a, b
    type(accel_tensor) :: accel_matmul

    accel_matmul%address = c_accel_matmul(a%address, b%address)
  end function

  function accel_functional_linear(x, weight, bias)
    type(accel_tensor), intent(in) :: x, weight
    type(accel_tensor), intent(in), optional :: bias
    type(accel_tensor) :: accel_functional_linear
    type(c_ptr) :: bias_address

    bias_address = c_null_ptr
    if (present(bias)) bias_address = bias%address
    accel_functional_linear%address = c_accel_functional_linear(x%address, weight%address, bias_address)
  end function

  function accel_reshape(x, sizes)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_reshape

    accel_reshape%address = c_accel_reshape(x%address, whole_numbers(sizes, "accel_reshape", "sizes"), &
      size(sizes, kind=c_size_t))
  end function

  function accel_view(x, sizes)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_view

    accel_view%address = c_accel_view(x%address, whole_numbers(sizes, "accel_view", "sizes"), size(sizes, &
      kind=c_size_t))
  end function

  function accel_transpose(x, dim0, dim1)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: dim0, dim1
    type(accel_tensor) :: accel_transpose

    accel_transpose%address = c_accel_transpose(x%address, whole_number(dim0, "accel_transpose", "dim0"), &
      whole_number(dim1, "accel_transpose", "dim1"))
  end function

  function accel_permute(x, dims)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: dims(:)
    type(accel_tensor) :: accel_permute

    accel_permute%address = c_accel_permute(x%address, whole_numbers(dims, "accel_permute", "dims"), &
      size(dims, kind=c_size_t))
  end function

  function accel_unsqueeze(x, dim)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: dim
    type(accel_tensor) :: accel_unsqueeze

    accel_unsqueeze%address = c_accel_unsqueeze(x%address, whole_number(dim, "accel_unsqueeze", "dim"))
  end function

  function accel_squeeze(x, dim)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: dim
    type(accel_tensor) :: accel_squeeze

    accel_squeeze%address = c_accel_squeeze(x%address, whole_number(dim, "accel_squeeze", "dim"))
  end function

  function accel_flatten(x, start_dim, end_dim)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: start_dim, end_dim
    type(accel_tensor) :: accel_flatten

    accel_flatten%address = c_accel_flatten(x%address, whole_number(start_dim, "accel_flatten", &
      "start_dim"), whole_number(end_dim, "accel_flatten", "end_dim"))
  end function

  function accel_expand(x, sizes)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_expand

    accel_expand%address = c_accel_expand(x%address, whole_numbers(sizes, "accel_expand", "sizes"), &
      size(sizes, kind=c_size_t))
  end function

  function accel_contiguous(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_contiguous

    accel_contiguous%address = c_accel_contiguous(x%address)
  end function

  function accel_select(x, dim, index)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: dim, index
    type(accel_tensor) :: accel_select

    accel_select%address = c_accel_select(x%address, whole_number(dim, "accel_select", "dim"), &
      whole_number(index, "accel_select", "index"))
  end function

  function accel_narrow(x, dim, start, length)
    type(accel_tensor), intent(in) :: x
    class(*), intent(in) :: dim, start, length
    type(accel_tensor) :: accel_narrow

    accel_narrow%address = c_accel_narrow(x%address, whole_number(dim, "accel_narrow", "dim"), &
      whole_number(start, "accel_narrow", "start"), whole_number(length, "accel_narrow", "length"))
  end function

  function accel_cat(list, dim)
    type(accel_tensor), intent(in) :: list(:)
    class(*), intent(in) :: dim
    type(accel_tensor) :: accel_cat

    accel_cat%address = c_accel_cat(list%address, size(list, kind=c_size_t), whole_number(dim, "accel_cat", &
      "dim"))
  end function

  function accel_stack(list, dim)
    type(accel_tensor), intent(in) :: list(:)
    class(*), intent(in) :: dim
    type(accel_tensor) :: accel_stack

    accel_stack%address = c_accel_stack(list%address, size(list, kind=c_size_t), whole_number(dim, &
      "accel_stack", "dim"))
  end function

  function accel_index_select(x, dim, index)
    type(accel_tensor), intent(in) :: x, index
    class(*), intent(in) :: dim
    type(accel_tensor) :: accel_index_select

    accel_index_select%address = c_accel_index_select(x%address, whole_number(dim, "accel_index_select", &
      "dim"), index%address)
  end function

  function accel_gather(x, dim, index)
    type(accel_tensor), intent(in) :: x, index
    class(*), intent(in) :: dim
    type(accel_tensor) :: accel_gather

    accel_gather%address = c_accel_gather(x%address, whole_number(dim, "accel_gather", "dim"), index%address)
  end function

  function accel_clone(x)
    type(accel_tensor), intent(in) :: x
    type(accel_tensor) :: accel_clone

    accel_clone%address = c_accel_clone(x%address)
  end function

  function accel_to_dtype(x, dtype)
    type(accel_tensor), intent(in) :: x
    integer(c_int), intent(in) :: dtype
    type(accel_tensor) :: accel_to_dtype

    accel_to_dtype%address = c_accel_to_dtype(x%address, dtype)
  end function

  function accel_functional_embedding(weight, indices, padding_idx)
    type(accel_tensor), intent(in) :: weight, indices
    class(*), intent(in) :: padding_idx
    type(accel_tensor) :: accel_functional_embedding

    accel_functional_embedding%address = c_accel_functional_embedding(weight%address, indices%address, &
      whole_number(padding_idx, "accel_functional_embedding", "padding_idx"))
  end function

  function accel_functional_layer_norm(x, normalized_shape, weight, bias, eps)
    type(accel_tensor), intent(in) :: x, weight, bias
    class(*), intent(in) :: normalized_shape(:)
    real(c_double), intent(in) :: eps
    type(accel_tensor) :: accel_functional_layer_norm

    accel_functional_layer_norm%address = c_accel_functional_layer_norm(x%address, &
      whole_numbers(normalized_shape, "accel_functional_layer_norm", "normalized_shape"), &
      size(normalized_shape, kind=c_size_t), weight%address, bias%address, eps)
  end function

  function accel_functional_dropout(x, p, training)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: p
    logical, intent(in) :: training
    type(accel_tensor) :: accel_functional_dropout

    accel_functional_dropout%address = c_accel_functional_dropout(x%address, p, logical(training, c_bool))
  end function

  function accel_add_in_place(x, other)
    type(accel_tensor), intent(in) :: x, other
    type(accel_tensor) :: accel_add_in_place

    accel_add_in_place%address = c_accel_add_in_place(x%address, other%address)
  end function

  function accel_mul_scalar_in_place(x, value)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: value
    type(accel_tensor) :: accel_mul_scalar_in_place

    accel_mul_scalar_in_place%address = c_accel_mul_scalar_in_place(x%address, value)
  end function

  function accel_fill_in_place(x, value)
    type(accel_tensor), intent(in) :: x
    real(c_double), intent(in) :: value
    type(accel_tensor) :: accel_fill_in_place

    accel_fill_in_place%address = c_accel_fill_in_place(x%address, value)
  end function

  ! ---- optimizer.h ----

  function accel_adam(model, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)
    type(accel_module), intent(in), optional :: model
    real(c_double), intent(in), optional :: lr, beta1, beta2, eps, weight_decay
    logical, intent(in), optional :: amsgrad, maximize
    type(accel_optimizer) :: accel_adam
    type(c_ptr) :: model_address
    type(accel_adam_options) :: options

    model_address = c_null_ptr
    if (present(model)) model_address = model%address
    options = c_accel_adam_options_default()
    if (present(lr)) options%lr = lr
    if (present(beta1)) options%beta1 = beta1
    if (present(beta2)) options%beta2 = beta2
    if (present(eps)) options%eps = eps
    if (present(weight_decay)) options%weight_decay = weight_decay
    if (present(amsgrad)) options%amsgrad = logical(amsgrad, c_bool)
    if (present(maximize)) options%maximize = logical(maximize, c_bool)
    accel_adam%address = c_accel_adam_with(model_address, options)
  end function

  function accel_adamw(model, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)
    type(accel_module), intent(in), optional :: model
    real(c_double), intent(in), optional :: lr, beta1, beta2, eps, weight_decay
    logical, intent(in), optional :: amsgrad, maximize
    type(accel_optimizer) :: accel_adamw
    type(c_ptr) :: model_address
    type(accel_adam_options) :: options

    model_address = c_null_ptr
    if (present(model)) model_address = model%address
    options = c_accel_adamw_options_default()
    if (present(lr)) options%lr = lr
    if (present(beta1)) options%beta1 = beta1
    if (present(beta2)) options%beta2 = beta2
    if (present(eps)) options%eps = eps
    if (present(weight_decay)) options%weight_decay = weight_decay
    if (present(amsgrad)) options%amsgrad = logical(amsgrad, c_bool)
    if (present(maximize)) options%maximize = logical(maximize, c_bool)
    accel_adamw%address = c_accel_adamw_with(model_address, options)
  end function

  function accel_sgd(model, lr, momentum, dampening, weight_decay, nesterov, maximize)
    type(accel_module), intent(in), optional :: model
    real(c_double), intent(in), optional :: lr, momentum, dampening, weight_decay
    logical, intent(in), optional :: nesterov, maximize
    type(accel_optimizer) :: accel_sgd
    type(c_ptr) :: model_address
    type(accel_sgd_options) :: options

    model_address = c_null_ptr
    if (present(model)) model_address = model%address
    options = c_accel_sgd_options_default()
    if (present(lr)) options%lr = lr
    if (present(momentum)) options%momentum = momentum
    if (present(dampening)) options%dampening = dampening
    if (present(weight_decay)) options%weight_decay = weight_decay
    if (present(nesterov)) options%nesterov = logical(nesterov, c_bool)
    if (present(maximize)) options%maximize = logical(maximize, c_bool)
    accel_sgd%address = c_accel_sgd_with(model_address, options)
  end function

  subroutine accel_optimizer_add_group(optimizer, parameters, lr, weight_decay, status)
    type(accel_optimizer), intent(in) :: optimizer
    type(accel_dict), intent(in) :: parameters
    real(c_double), intent(in), optional :: lr, weight_decay
    integer, intent(out), optional :: status
    type(accel_group_options) :: options

    options = c_accel_group_options_default()
    if (present(lr)) options%lr = lr
    if (present(weight_decay)) options%weight_decay = weight_decay
    call give_status(c_accel_optimizer_add_group_with(optimizer%address, parameters%address, options), status)
  end subroutine

  subroutine accel_optimizer_step(optimizer, status)
    type(accel_optimizer), intent(in) :: optimizer
    integer, intent(out), optional :: status

    call give_status(c_accel_optimizer_step(optimizer%address), status)
  end subroutine

  subroutine accel_optimizer_zero_grad(optimizer, status)
    type(accel_optimizer), intent(in) :: optimizer
    integer, intent(out), optional :: status

    call give_status(c_accel_optimizer_zero_grad(optimizer%address), status)
  end subroutine

  function accel_optimizer_group_count(optimizer)
    type(accel_optimizer), intent(in) :: optimizer
    integer(int64) :: accel_optimizer_group_count

    accel_optimizer_group_count = c_accel_optimizer_group_count(optimizer%address)
  end function

  function accel_optimizer_lr(optimizer, group)
    type(accel_optimizer), intent(in) :: optimizer
    class(*), intent(in) :: group
    real(real64) :: accel_optimizer_lr

    accel_optimizer_lr = c_accel_optimizer_lr(optimizer%address, whole_size(group, "accel_optimizer_lr", &
      "group"))
  end function

  subroutine accel_optimizer_set_lr(optimizer, group, lr, status)
    type(accel_optimizer), intent(in) :: optimizer
    class(*), intent(in) :: group
    real(c_double), intent(in) :: lr
    integer, intent(out), optional :: status

    call give_status(c_accel_optimizer_set_lr(optimizer%address, whole_size(group, &
      "accel_optimizer_set_lr", "group"), lr), status)
  end subroutine

  function accel_optimizer_state_dict(optimizer)
    type(accel_optimizer), intent(in) :: optimizer
    type(accel_dict) :: accel_optimizer_state_dict

    accel_optimizer_state_dict%address = c_accel_optimizer_state_dict(optimizer%address)
  end function

  subroutine accel_optimizer_load_state_dict(optimizer, state, status)
    type(accel_optimizer), intent(in) :: optimizer
    type(accel_dict), intent(in) :: state
    integer, intent(out), optional :: status

    call give_status(c_accel_optimizer_load_state_dict(optimizer%address, state%address), status)
  end subroutine

  ! ---- precision.h ----

  function accel_mixed_precision_name(precision)
    integer(c_int), intent(in) :: precision
    character(:), allocatable :: accel_mixed_precision_name

    accel_mixed_precision_name = fortran_text(c_accel_mixed_precision_name(precision))
  end function

  function accel_mixed_precision_find(name, precision)
    character(*), intent(in) :: name
    integer(c_int), intent(out) :: precision
    logical :: accel_mixed_precision_find

    accel_mixed_precision_find = c_accel_mixed_precision_find(c_text(name), precision)
  end function

  ! ---- preemption.h ----

  subroutine accelerator_watch_preemption(acc, status)
    type(accelerator), intent(in) :: acc
    integer, intent(out), optional :: status

    call give_status(c_accelerator_watch_preemption(acc%address), status)
  end subroutine

  function accelerator_check_preemption(acc)
    type(accelerator), intent(in) :: acc
    logical :: accelerator_check_preemption

    accelerator_check_preemption = c_accelerator_check_preemption(acc%address)
  end function

  ! ---- process.h ----

  function accelerator_is_last_process(acc)
    type(accelerator), intent(in) :: acc
    logical :: accelerator_is_last_process

    accelerator_is_last_process = c_accelerator_is_last_process(acc%address)
  end function

  function accelerator_is_process(acc, index)
    type(accelerator), intent(in) :: acc
    class(*), intent(in) :: index
    logical :: accelerator_is_process

    accelerator_is_process = c_accelerator_is_process(acc%address, whole_int(index, &
      "accelerator_is_process", "index"))
  end function

  function accelerator_is_local_process(acc, index)
    type(accelerator), intent(in) :: acc
    class(*), intent(in) :: index
    logical :: accelerator_is_local_process

    accelerator_is_local_process = c_accelerator_is_local_process(acc%address, whole_int(index, &
      "accelerator_is_local_process", "index"))
  end function

  function accelerator_main_process_first_begin(acc)
    type(accelerator), intent(in) :: acc
    type(accelerator_first_block) :: accelerator_main_process_first_begin

    accelerator_main_process_first_begin = c_accelerator_main_process_first_begin(acc%address)
  end function

  function accelerator_local_main_process_first_begin(acc)
    type(accelerator), intent(in) :: acc
    type(accelerator_first_block) :: accelerator_local_main_process_first_begin

    accelerator_local_main_process_first_begin = c_accelerator_local_main_process_first_begin(acc%address)
  end function

  subroutine accelerator_process_first_end(block)
    type(accelerator_first_block), intent(inout) :: block

    call c_accelerator_process_first_end(block)
  end subroutine

  subroutine accelerator_split_range(acc, count, begin, end, status)
    type(accelerator), intent(in) :: acc
    class(*), intent(in) :: count
    integer(c_int64_t), intent(out) :: begin, end
    integer, intent(out), optional :: status

    call give_status(c_accelerator_split_range(acc%address, whole_number(count, "accelerator_split_range", &
      "count"), begin, end), status)
  end subroutine

  function accelerator_split_tensor(acc, tensor, apply_padding)
    type(accelerator), intent(in) :: acc
    type(accel_tensor), intent(in) :: tensor
    logical, intent(in), optional :: apply_padding
    type(accel_tensor) :: accelerator_split_tensor
    type(accelerator_split_options) :: options

    options = c_accelerator_split_options_default()
    if (present(apply_padding)) options%apply_padding = logical(apply_padding, c_bool)
    accelerator_split_tensor%address = c_accelerator_split_tensor_with(acc%address, tensor%address, options)
  end function

  function accelerator_split_dict(acc, dict, apply_padding)
    type(accelerator), intent(in) :: acc
    type(accel_dict), intent(in) :: dict
    logical, intent(in), optional :: apply_padding
    type(accel_dict) :: accelerator_split_dict
    type(accelerator_split_options) :: options

    options = c_accelerator_split_options_default()
    if (present(apply_padding)) options%apply_padding = logical(apply_padding, c_bool)
    accelerator_split_dict%address = c_accelerator_split_dict_with(acc%address, dict%address, options)
  end function

  subroutine accelerator_set_trigger(acc, status)
    type(accelerator), intent(in) :: acc
    integer, intent(out), optional :: status

    call give_status(c_accelerator_set_trigger(acc%address), status)
  end subroutine

  function accelerator_check_trigger(acc)
    type(accelerator), intent(in) :: acc
    logical :: accelerator_check_trigger

    accelerator_check_trigger = c_accelerator_check_trigger(acc%address)
  end function

  ! ---- profile.h ----

  function accelerator_profile_begin(acc, output_trace_dir, record_shapes, profile_memory, with_flops, &
    skip_first, wait, warmup, active, repeat)
    type(accelerator), intent(in) :: acc
    character(*), intent(in), optional :: output_trace_dir
    logical, intent(in), optional :: record_shapes, profile_memory, with_flops
    class(*), intent(in), optional :: skip_first, wait, warmup, active, repeat
    type(accelerator_profile_block) :: accelerator_profile_begin
    type(accelerator_profile_options) :: options
    character(:), allocatable, target :: output_trace_dir_text

    options = c_accelerator_profile_options_default()
    if (present(output_trace_dir)) then
      output_trace_dir_text = c_text(output_trace_dir)
      options%output_trace_dir = c_loc(output_trace_dir_text)
    end if
    if (present(record_shapes)) options%record_shapes = logical(record_shapes, c_bool)
    if (present(profile_memory)) options%profile_memory = logical(profile_memory, c_bool)
    if (present(with_flops)) options%with_flops = logical(with_flops, c_bool)
    if (present(skip_first)) options%skip_first = whole_number(skip_first, "accelerator_profile_begin", &
      "skip_first")
    if (present(wait)) options%wait = whole_number(wait, "accelerator_profile_begin", "wait")
    if (present(warmup)) options%warmup = whole_number(warmup, "accelerator_profile_begin", "warmup")
    if (present(active)) options%active = whole_number(active, "accelerator_profile_begin", "active")
    if (present(repeat)) options%repeat = whole_number(repeat, "accelerator_profile_begin", "repeat")
    accelerator_profile_begin = c_accelerator_profile_begin_with(acc%address, options)
  end function

  subroutine accelerator_profile_end(block)
    type(accelerator_profile_block), intent(inout) :: block

    call c_accelerator_profile_end(block)
  end subroutine

  subroutine accelerator_profile_step(acc, status)
    type(accelerator), intent(in) :: acc
    integer, intent(out), optional :: status

    call give_status(c_accelerator_profile_step(acc%address), status)
  end subroutine

  subroutine accelerator_profile_print(acc, rows, status)
    type(accelerator), intent(in) :: acc
    class(*), intent(in) :: rows
    integer, intent(out), optional :: status

    flush (output_unit)
    call give_status(c_accelerator_profile_print(acc%address, whole_int(rows, "accelerator_profile_print", &
      "rows")), status)
  end subroutine

  ! ---- progress.h ----

  function accel_progress_create(total, description, enabled, minimum_interval, initial, unit, unit_scale, &
    unit_divisor, leave, smoothing)
    class(*), intent(in) :: total
    character(*), intent(in), optional :: description, unit
    logical, intent(in), optional :: enabled, unit_scale, leave
    real(c_double), intent(in), optional :: minimum_interval, unit_divisor, smoothing
    class(*), intent(in), optional :: initial
    type(accel_progress) :: accel_progress_create
    type(c_ptr) :: description_address
    character(:), allocatable, target :: description_text, unit_text
    type(accel_progress_options) :: options

    description_address = c_null_ptr
    if (present(description)) then
      description_text = c_text(description)
      description_address = c_loc(description_text)
    end if
    options = c_accel_progress_options_default()
    if (present(enabled)) options%enabled = logical(enabled, c_bool)
    if (present(minimum_interval)) options%minimum_interval = minimum_interval
    if (present(initial)) options%initial = whole_number(initial, "accel_progress_create", "initial")
    if (present(unit)) then
      unit_text = c_text(unit)
      options%unit = c_loc(unit_text)
    end if
    if (present(unit_scale)) options%unit_scale = logical(unit_scale, c_bool)
    if (present(unit_divisor)) options%unit_divisor = unit_divisor
    if (present(leave)) options%leave = logical(leave, c_bool)
    if (present(smoothing)) options%smoothing = smoothing
    accel_progress_create%address = c_accel_progress_create_with(whole_number(total, &
      "accel_progress_create", "total"), description_address, options)
  end function

  subroutine accel_progress_advance(bar, n, status)
    type(accel_progress), intent(in) :: bar
    class(*), intent(in) :: n
    integer, intent(out), optional :: status

    call give_status(c_accel_progress_advance(bar%address, whole_number(n, "accel_progress_advance", "n")), &
      status)
  end subroutine

  subroutine accel_progress_set_postfix(bar, text, status)
    type(accel_progress), intent(in) :: bar
    character(*), intent(in) :: text
    integer, intent(out), optional :: status

    call give_status(c_accel_progress_set_postfix(bar%address, c_text(text)), status)
  end subroutine

  subroutine accel_progress_set_description(bar, text, status)
    type(accel_progress), intent(in) :: bar
    character(*), intent(in) :: text
    integer, intent(out), optional :: status

    call give_status(c_accel_progress_set_description(bar%address, c_text(text)), status)
  end subroutine

  subroutine accel_progress_close(bar, status)
    type(accel_progress), intent(in) :: bar
    integer, intent(out), optional :: status

    call give_status(c_accel_progress_close(bar%address), status)
  end subroutine

  ! ---- random.h ----

  subroutine accel_set_seed(seed, status)
    class(*), intent(in) :: seed
    integer, intent(out), optional :: status

    call give_status(c_accel_set_seed(whole_number(seed, "accel_set_seed", "seed")), status)
  end subroutine

  function accel_generator_create(seed)
    class(*), intent(in) :: seed
    type(accel_generator) :: accel_generator_create

    accel_generator_create%address = c_accel_generator_create(whole_number(seed, "accel_generator_create", &
      "seed"))
  end function

  function accel_generator_create_on(device, seed)
    type(accel_device), intent(in) :: device
    class(*), intent(in) :: seed
    type(accel_generator) :: accel_generator_create_on

    accel_generator_create_on%address = c_accel_generator_create_on(device, whole_number(seed, &
      "accel_generator_create_on", "seed"))
  end function

  function accel_generator_default()
    type(accel_generator) :: accel_generator_default

    accel_generator_default%address = c_accel_generator_default()
  end function

  function accel_generator_of_device(device)
    type(accel_device), intent(in) :: device
    type(accel_generator) :: accel_generator_of_device

    accel_generator_of_device%address = c_accel_generator_of_device(device)
  end function

  subroutine accel_generator_seed(seed, generator, status)
    type(accel_generator), intent(in), optional :: generator
    class(*), intent(in) :: seed
    integer, intent(out), optional :: status
    type(c_ptr) :: generator_address

    generator_address = c_null_ptr
    if (present(generator)) generator_address = generator%address
    call give_status(c_accel_generator_seed(generator_address, whole_number(seed, "accel_generator_seed", &
      "seed")), status)
  end subroutine

  function accel_generator_initial_seed(generator)
    type(accel_generator), intent(in), optional :: generator
    integer(int64) :: accel_generator_initial_seed
    type(c_ptr) :: generator_address

    generator_address = c_null_ptr
    if (present(generator)) generator_address = generator%address
    accel_generator_initial_seed = c_accel_generator_initial_seed(generator_address)
  end function

  function accel_generator_state(generator)
    type(accel_generator), intent(in), optional :: generator
    type(accel_tensor) :: accel_generator_state
    type(c_ptr) :: generator_address

    generator_address = c_null_ptr
    if (present(generator)) generator_address = generator%address
    accel_generator_state%address = c_accel_generator_state(generator_address)
  end function

  subroutine accel_generator_set_state(state, generator, status)
    type(accel_generator), intent(in), optional :: generator
    type(accel_tensor), intent(in) :: state
    integer, intent(out), optional :: status
    type(c_ptr) :: generator_address

    generator_address = c_null_ptr
    if (present(generator)) generator_address = generator%address
    call give_status(c_accel_generator_set_state(generator_address, state%address), status)
  end subroutine

  function accel_generator_draw(generator)
    type(accel_generator), intent(in), optional :: generator
    integer(int64) :: accel_generator_draw
    type(c_ptr) :: generator_address

    generator_address = c_null_ptr
    if (present(generator)) generator_address = generator%address
    accel_generator_draw = c_accel_generator_draw(generator_address)
  end function

  function accel_rand(sizes, generator)
    type(accel_generator), intent(in), optional :: generator
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_rand
    type(c_ptr) :: generator_address

    generator_address = c_null_ptr
    if (present(generator)) generator_address = generator%address
    accel_rand%address = c_accel_rand(generator_address, whole_numbers(sizes, "accel_rand", "sizes"), &
      size(sizes, kind=c_size_t))
  end function

  function accel_randn(sizes, generator)
    type(accel_generator), intent(in), optional :: generator
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_randn
    type(c_ptr) :: generator_address

    generator_address = c_null_ptr
    if (present(generator)) generator_address = generator%address
    accel_randn%address = c_accel_randn(generator_address, whole_numbers(sizes, "accel_randn", "sizes"), &
      size(sizes, kind=c_size_t))
  end function

  function accel_randperm(n, generator)
    type(accel_generator), intent(in), optional :: generator
    class(*), intent(in) :: n
    type(accel_tensor) :: accel_randperm
    type(c_ptr) :: generator_address

    generator_address = c_null_ptr
    if (present(generator)) generator_address = generator%address
    accel_randperm%address = c_accel_randperm(generator_address, whole_number(n, "accel_randperm", "n"))
  end function

  subroutine accel_fill_uniform(tensor, from, to, generator, status)
    type(accel_tensor), intent(in) :: tensor
    real(c_double), intent(in) :: from, to
    type(accel_generator), intent(in), optional :: generator
    integer, intent(out), optional :: status
    type(c_ptr) :: generator_address

    generator_address = c_null_ptr
    if (present(generator)) generator_address = generator%address
    call give_status(c_accel_fill_uniform(tensor%address, from, to, generator_address), status)
  end subroutine

  subroutine accel_fill_normal(tensor, mean, std, generator, status)
    type(accel_tensor), intent(in) :: tensor
    real(c_double), intent(in) :: mean, std
    type(accel_generator), intent(in), optional :: generator
    integer, intent(out), optional :: status
    type(c_ptr) :: generator_address

    generator_address = c_null_ptr
    if (present(generator)) generator_address = generator%address
    call give_status(c_accel_fill_normal(tensor%address, mean, std, generator_address), status)
  end subroutine

  ! ---- scheduler.h ----

  function accel_scheduler_create(name, optimizer, num_warmup_steps, num_training_steps, num_cycles, &
    min_lr, min_lr_rate, warmup_lr_rate, lr_end, power, timescale, num_stable_steps, num_decay_steps, &
    warmup_type, decay_type, min_lr_ratio, mode, factor, patience, threshold, threshold_mode, cooldown, &
    min_lrs, eps)
    character(*), intent(in) :: name
    type(accel_optimizer), intent(in) :: optimizer
    class(*), intent(in), optional :: num_warmup_steps, num_training_steps, timescale, num_stable_steps, &
      num_decay_steps, patience, cooldown
    real(c_double), intent(in), optional :: num_cycles, min_lr, min_lr_rate, warmup_lr_rate, lr_end, power, &
      min_lr_ratio, factor, threshold, min_lrs(:), eps
    character(*), intent(in), optional :: warmup_type, decay_type, mode, threshold_mode
    type(accel_scheduler) :: accel_scheduler_create
    type(accel_scheduler_options) :: options
    character(:), allocatable, target :: warmup_type_text, decay_type_text, mode_text, threshold_mode_text
    real(c_double), allocatable, target :: min_lrs_list(:)

    options = c_accel_scheduler_options_default()
    if (present(num_warmup_steps)) options%num_warmup_steps = whole_number(num_warmup_steps, &
      "accel_scheduler_create", "num_warmup_steps")
    if (present(num_training_steps)) options%num_training_steps = whole_number(num_training_steps, &
      "accel_scheduler_create", "num_training_steps")
    if (present(num_cycles)) options%num_cycles = num_cycles
    if (present(min_lr)) options%min_lr = min_lr
    if (present(min_lr_rate)) options%min_lr_rate = min_lr_rate
    if (present(warmup_lr_rate)) options%warmup_lr_rate = warmup_lr_rate
    if (present(lr_end)) options%lr_end = lr_end
    if (present(power)) options%power = power
    if (present(timescale)) options%timescale = whole_number(timescale, "accel_scheduler_create", "timescale")
    if (present(num_stable_steps)) options%num_stable_steps = whole_number(num_stable_steps, &
      "accel_scheduler_create", "num_stable_steps")
    if (present(num_decay_steps)) options%num_decay_steps = whole_number(num_decay_steps, &
      "accel_scheduler_create", "num_decay_steps")
    if (present(warmup_type)) then
      warmup_type_text = c_text(warmup_type)
      options%warmup_type = c_loc(warmup_type_text)
    end if
    if (present(decay_type)) then
      decay_type_text = c_text(decay_type)
      options%decay_type = c_loc(decay_type_text)
    end if
    if (present(min_lr_ratio)) options%min_lr_ratio = min_lr_ratio
    if (present(mode)) then
      mode_text = c_text(mode)
      options%mode = c_loc(mode_text)
    end if
    if (present(factor)) options%factor = factor
    if (present(patience)) options%patience = whole_number(patience, "accel_scheduler_create", "patience")
    if (present(threshold)) options%threshold = threshold
    if (present(threshold_mode)) then
      threshold_mode_text = c_text(threshold_mode)
      options%threshold_mode = c_loc(threshold_mode_text)
    end if
    if (present(cooldown)) options%cooldown = whole_number(cooldown, "accel_scheduler_create", "cooldown")
    if (present(min_lrs)) then
      min_lrs_list = min_lrs
      options%min_lrs = c_loc(min_lrs_list)
      options%min_lrs_count = size(min_lrs, kind=c_size_t)
    end if
    if (present(eps)) options%eps = eps
    accel_scheduler_create%address = c_accel_scheduler_create_with(c_text(name), optimizer%address, options)
  end function

  subroutine accel_scheduler_step(scheduler, status)
    type(accel_scheduler), intent(in) :: scheduler
    integer, intent(out), optional :: status

    call give_status(c_accel_scheduler_step(scheduler%address), status)
  end subroutine

  subroutine accel_scheduler_step_with_metric(scheduler, metric, status)
    type(accel_scheduler), intent(in) :: scheduler
    real(c_double), intent(in) :: metric
    integer, intent(out), optional :: status

    call give_status(c_accel_scheduler_step_with_metric(scheduler%address, metric), status)
  end subroutine

  function accel_scheduler_last_lr(scheduler, group)
    type(accel_scheduler), intent(in) :: scheduler
    class(*), intent(in) :: group
    real(real64) :: accel_scheduler_last_lr

    accel_scheduler_last_lr = c_accel_scheduler_last_lr(scheduler%address, whole_size(group, &
      "accel_scheduler_last_lr", "group"))
  end function

  function accel_scheduler_state_dict(scheduler)
    type(accel_scheduler), intent(in) :: scheduler
    type(accel_dict) :: accel_scheduler_state_dict

    accel_scheduler_state_dict%address = c_accel_scheduler_state_dict(scheduler%address)
  end function

  subroutine accel_scheduler_load_state_dict(scheduler, state, status)
    type(accel_scheduler), intent(in) :: scheduler
    type(accel_dict), intent(in) :: state
    integer, intent(out), optional :: status

    call give_status(c_accel_scheduler_load_state_dict(scheduler%address, state%address), status)
  end subroutine

  ! ---- scope.h ----

  function accel_scope_begin()
    type(accel_scope) :: accel_scope_begin

    accel_scope_begin%address = c_accel_scope_begin()
  end function

  subroutine accel_scope_end(scope)
    type(accel_scope), intent(in) :: scope

    call c_accel_scope_end(scope%address)
  end subroutine

  function accel_live_handles()
    integer(int64) :: accel_live_handles

    accel_live_handles = c_accel_live_handles()
  end function

  ! ---- state.h ----

  subroutine accelerator_save_state(acc, folder, safe_serialization, async, status)
    type(accelerator), intent(in) :: acc
    character(*), intent(in), optional :: folder
    logical, intent(in), optional :: safe_serialization, async
    integer, intent(out), optional :: status
    type(c_ptr) :: folder_address
    character(:), allocatable, target :: folder_text
    type(accelerator_save_state_options) :: options

    folder_address = c_null_ptr
    if (present(folder)) then
      folder_text = c_text(folder)
      folder_address = c_loc(folder_text)
    end if
    options = c_accelerator_save_state_options_default()
    if (present(safe_serialization)) options%safe_serialization = logical(safe_serialization, c_bool)
    if (present(async)) options%async = logical(async, c_bool)
    call give_status(c_accelerator_save_state_with(acc%address, folder_address, options), status)
  end subroutine

  subroutine accelerator_wait_for_save_state(acc, status)
    type(accelerator), intent(in) :: acc
    integer, intent(out), optional :: status

    call give_status(c_accelerator_wait_for_save_state(acc%address), status)
  end subroutine

  subroutine accelerator_load_state(acc, folder, status)
    type(accelerator), intent(in) :: acc
    character(*), intent(in), optional :: folder
    integer, intent(out), optional :: status
    type(c_ptr) :: folder_address
    character(:), allocatable, target :: folder_text

    folder_address = c_null_ptr
    if (present(folder)) then
      folder_text = c_text(folder)
      folder_address = c_loc(folder_text)
    end if
    call give_status(c_accelerator_load_state(acc%address, folder_address), status)
  end subroutine

  function accelerator_save_iteration(acc)
    type(accelerator), intent(in) :: acc
    integer(int64) :: accelerator_save_iteration

    accelerator_save_iteration = c_accelerator_save_iteration(acc%address)
  end function

  ! ---- table.h ----

  function accel_table_read(path)
    character(*), intent(in) :: path
    type(accel_table) :: accel_table_read

    accel_table_read%address = c_accel_table_read(c_text(path))
  end function

  function accel_table_rows(table)
    type(accel_table), intent(in) :: table
    integer(int64) :: accel_table_rows

    accel_table_rows = c_accel_table_rows(table%address)
  end function

  function accel_table_columns(table)
    type(accel_table), intent(in) :: table
    integer(int64) :: accel_table_columns

    accel_table_columns = c_accel_table_columns(table%address)
  end function

  function accel_table_number(table, row, column)
    type(accel_table), intent(in) :: table
    class(*), intent(in) :: row, column
    real(real64) :: accel_table_number

    accel_table_number = c_accel_table_number(table%address, whole_number(row, "accel_table_number", &
      "row"), whole_number(column, "accel_table_number", "column"))
  end function

  ! ---- tensor.h ----

  function accel_dtype_name(dtype)
    integer(c_int), intent(in) :: dtype
    character(:), allocatable :: accel_dtype_name

    accel_dtype_name = fortran_text(c_accel_dtype_name(dtype))
  end function

  function accel_dtype_size(dtype)
    integer(c_int), intent(in) :: dtype
    integer(int64) :: accel_dtype_size

    accel_dtype_size = c_accel_dtype_size(dtype)
  end function

  function accel_dtype_is_floating(dtype)
    integer(c_int), intent(in) :: dtype
    logical :: accel_dtype_is_floating

    accel_dtype_is_floating = c_accel_dtype_is_floating(dtype)
  end function

  function accel_zeros(dtype, sizes)
    integer(c_int), intent(in) :: dtype
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_zeros

    accel_zeros%address = c_accel_zeros(dtype, whole_numbers(sizes, "accel_zeros", "sizes"), size(sizes, &
      kind=c_size_t))
  end function

  function accel_ones(dtype, sizes)
    integer(c_int), intent(in) :: dtype
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_ones

    accel_ones%address = c_accel_ones(dtype, whole_numbers(sizes, "accel_ones", "sizes"), size(sizes, &
      kind=c_size_t))
  end function

  function accel_full(value, dtype, sizes)
    real(c_double), intent(in) :: value
    integer(c_int), intent(in) :: dtype
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_full

    accel_full%address = c_accel_full(value, dtype, whole_numbers(sizes, "accel_full", "sizes"), &
      size(sizes, kind=c_size_t))
  end function

  function accel_empty(dtype, sizes)
    integer(c_int), intent(in) :: dtype
    class(*), intent(in) :: sizes(:)
    type(accel_tensor) :: accel_empty

    accel_empty%address = c_accel_empty(dtype, whole_numbers(sizes, "accel_empty", "sizes"), size(sizes, &
      kind=c_size_t))
  end function

  function accel_scalar(value, dtype)
    real(c_double), intent(in) :: value
    integer(c_int), intent(in) :: dtype
    type(accel_tensor) :: accel_scalar

    accel_scalar%address = c_accel_scalar(value, dtype)
  end function

  function accel_arange(n)
    class(*), intent(in) :: n
    type(accel_tensor) :: accel_arange

    accel_arange%address = c_accel_arange(whole_number(n, "accel_arange", "n"))
  end function

  function accel_tensor_rank(tensor)
    type(accel_tensor), intent(in) :: tensor
    integer(int64) :: accel_tensor_rank

    accel_tensor_rank = c_accel_tensor_rank(tensor%address)
  end function

  function accel_tensor_size(tensor, dimension)
    type(accel_tensor), intent(in) :: tensor
    class(*), intent(in) :: dimension
    integer(int64) :: accel_tensor_size

    accel_tensor_size = c_accel_tensor_size(tensor%address, whole_int(dimension, "accel_tensor_size", &
      "dimension"))
  end function

  function accel_tensor_numel(tensor)
    type(accel_tensor), intent(in) :: tensor
    integer(int64) :: accel_tensor_numel

    accel_tensor_numel = c_accel_tensor_numel(tensor%address)
  end function

  function accel_tensor_bytes(tensor)
    type(accel_tensor), intent(in) :: tensor
    integer(int64) :: accel_tensor_bytes

    accel_tensor_bytes = c_accel_tensor_bytes(tensor%address)
  end function

  function accel_tensor_stride(tensor, dimension)
    type(accel_tensor), intent(in) :: tensor
    class(*), intent(in) :: dimension
    integer(int64) :: accel_tensor_stride

    accel_tensor_stride = c_accel_tensor_stride(tensor%address, whole_int(dimension, "accel_tensor_stride", &
      "dimension"))
  end function

  function accel_tensor_dtype(tensor)
    type(accel_tensor), intent(in) :: tensor
    integer :: accel_tensor_dtype

    accel_tensor_dtype = c_accel_tensor_dtype(tensor%address)
  end function

  function accel_tensor_device(tensor)
    type(accel_tensor), intent(in) :: tensor
    type(accel_device) :: accel_tensor_device

    accel_tensor_device = c_accel_tensor_device(tensor%address)
  end function

  function accel_tensor_is_contiguous(tensor)
    type(accel_tensor), intent(in) :: tensor
    logical :: accel_tensor_is_contiguous

    accel_tensor_is_contiguous = c_accel_tensor_is_contiguous(tensor%address)
  end function

  function accel_item(tensor)
    type(accel_tensor), intent(in) :: tensor
    real(real64) :: accel_item

    accel_item = c_accel_item(tensor%address)
  end function

  function accel_item_integer(tensor)
    type(accel_tensor), intent(in) :: tensor
    integer(int64) :: accel_item_integer

    accel_item_integer = c_accel_item_integer(tensor%address)
  end function

  subroutine accel_tensor_assign(tensor, source, status)
    type(accel_tensor), intent(in) :: tensor, source
    integer, intent(out), optional :: status

    call give_status(c_accel_tensor_assign(tensor%address, source%address), status)
  end subroutine

  subroutine accel_tensor_print(tensor, status)
    type(accel_tensor), intent(in) :: tensor
    integer, intent(out), optional :: status

    flush (output_unit)
    call give_status(c_accel_tensor_print(tensor%address), status)
  end subroutine

  ! ---- token_dataset.h ----

  function accel_token_dataset(path, sequence_length, stride, token_bytes, offset, shift_labels)
    character(*), intent(in) :: path
    class(*), intent(in), optional :: sequence_length, stride, token_bytes, offset
    logical, intent(in), optional :: shift_labels
    type(accel_dataset) :: accel_token_dataset
    type(accel_token_dataset_options) :: options

    options = c_accel_token_dataset_options_default()
    if (present(sequence_length)) options%sequence_length = whole_number(sequence_length, &
      "accel_token_dataset", "sequence_length")
    if (present(stride)) options%stride = whole_number(stride, "accel_token_dataset", "stride")
    if (present(token_bytes)) options%token_bytes = whole_int(token_bytes, "accel_token_dataset", &
      "token_bytes")
    if (present(offset)) options%offset = whole_number(offset, "accel_token_dataset", "offset")
    if (present(shift_labels)) options%shift_labels = logical(shift_labels, c_bool)
    accel_token_dataset%address = c_accel_token_dataset_with(c_text(path), options)
  end function

  ! ---- tokenizer.h ----

  function accel_tokenizer_load(path)
    character(*), intent(in) :: path
    type(accel_tokenizer) :: accel_tokenizer_load

    accel_tokenizer_load%address = c_accel_tokenizer_load(c_text(path))
  end function

  function accel_tokenizer_vocabulary_size(tokenizer)
    type(accel_tokenizer), intent(in) :: tokenizer
    integer(int64) :: accel_tokenizer_vocabulary_size

    accel_tokenizer_vocabulary_size = c_accel_tokenizer_vocabulary_size(tokenizer%address)
  end function

  function accel_tokenizer_token_to_id(tokenizer, token)
    type(accel_tokenizer), intent(in) :: tokenizer
    character(*), intent(in) :: token
    integer(int64) :: accel_tokenizer_token_to_id

    accel_tokenizer_token_to_id = c_accel_tokenizer_token_to_id(tokenizer%address, c_text(token))
  end function

  function accel_tokenizer_id_to_token(tokenizer, id)
    type(accel_tokenizer), intent(in) :: tokenizer
    class(*), intent(in) :: id
    character(:), allocatable :: accel_tokenizer_id_to_token

    accel_tokenizer_id_to_token = fortran_text(c_accel_tokenizer_id_to_token(tokenizer%address, &
      whole_number(id, "accel_tokenizer_id_to_token", "id")))
  end function

  function accel_tokenizer_pad_id(tokenizer)
    type(accel_tokenizer), intent(in) :: tokenizer
    integer(int64) :: accel_tokenizer_pad_id

    accel_tokenizer_pad_id = c_accel_tokenizer_pad_id(tokenizer%address)
  end function

  ! ---- tracker.h ----

  subroutine accelerator_end_training(acc, status)
    type(accelerator), intent(in) :: acc
    integer, intent(out), optional :: status

    call give_status(c_accelerator_end_training(acc%address), status)
  end subroutine

  function accelerator_project_dir(acc)
    type(accelerator), intent(in) :: acc
    character(:), allocatable :: accelerator_project_dir

    accelerator_project_dir = fortran_text(c_accelerator_project_dir(acc%address))
  end function

  function accelerator_logging_dir(acc)
    type(accelerator), intent(in) :: acc
    character(:), allocatable :: accelerator_logging_dir

    accelerator_logging_dir = fortran_text(c_accelerator_logging_dir(acc%address))
  end function

  ! ---- training.h ----

  subroutine accelerator_backward(acc, loss, num_items, retain_graph, status)
    type(accelerator), intent(in) :: acc
    type(accel_tensor), intent(in) :: loss
    class(*), intent(in), optional :: num_items
    logical, intent(in), optional :: retain_graph
    integer, intent(out), optional :: status
    type(accelerator_backward_options) :: options

    options = c_accelerator_backward_options_default()
    if (present(num_items)) options%num_items = whole_number(num_items, "accelerator_backward", "num_items")
    if (present(retain_graph)) options%retain_graph = logical(retain_graph, c_bool)
    call give_status(c_accelerator_backward_with(acc%address, loss%address, options), status)
  end subroutine

  function accelerator_accumulate_begin(acc, models)
    type(accelerator), intent(in) :: acc
    type(accel_module), intent(in) :: models(:)
    type(accelerator_no_sync_block) :: accelerator_accumulate_begin

    accelerator_accumulate_begin = c_accelerator_accumulate_begin(acc%address, models%address, size(models, &
      kind=c_size_t))
  end function

  subroutine accelerator_accumulate_end(block)
    type(accelerator_no_sync_block), intent(inout) :: block

    call c_accelerator_accumulate_end(block)
  end subroutine

  function accelerator_no_sync_begin(acc, models)
    type(accelerator), intent(in) :: acc
    type(accel_module), intent(in) :: models(:)
    type(accelerator_no_sync_block) :: accelerator_no_sync_begin

    accelerator_no_sync_begin = c_accelerator_no_sync_begin(acc%address, models%address, size(models, &
      kind=c_size_t))
  end function

  subroutine accelerator_no_sync_end(block)
    type(accelerator_no_sync_block), intent(inout) :: block

    call c_accelerator_no_sync_end(block)
  end subroutine

  function accelerator_sync_gradients(acc)
    type(accelerator), intent(in) :: acc
    logical :: accelerator_sync_gradients

    accelerator_sync_gradients = c_accelerator_sync_gradients(acc%address)
  end function

  function accelerator_gradient_accumulation_steps(acc)
    type(accelerator), intent(in) :: acc
    integer(int64) :: accelerator_gradient_accumulation_steps

    accelerator_gradient_accumulation_steps = c_accelerator_gradient_accumulation_steps(acc%address)
  end function

  subroutine accelerator_set_gradient_accumulation_steps(acc, steps, status)
    type(accelerator), intent(in) :: acc
    class(*), intent(in) :: steps
    integer, intent(out), optional :: status

    call give_status(c_accelerator_set_gradient_accumulation_steps(acc%address, whole_number(steps, &
      "accelerator_set_gradient_accumulation_steps", "steps")), status)
  end subroutine

  function accelerator_mixed_precision(acc)
    type(accelerator), intent(in) :: acc
    integer :: accelerator_mixed_precision

    accelerator_mixed_precision = c_accelerator_mixed_precision(acc%address)
  end function

  function accelerator_autocast_begin(acc)
    type(accelerator), intent(in) :: acc
    type(accelerator_autocast_block) :: accelerator_autocast_begin

    accelerator_autocast_begin = c_accelerator_autocast_begin(acc%address)
  end function

  subroutine accelerator_autocast_end(block)
    type(accelerator_autocast_block), intent(inout) :: block

    call c_accelerator_autocast_end(block)
  end subroutine

  function accelerator_optimizer_step_was_skipped(acc)
    type(accelerator), intent(in) :: acc
    logical :: accelerator_optimizer_step_was_skipped

    accelerator_optimizer_step_was_skipped = c_accelerator_optimizer_step_was_skipped(acc%address)
  end function

  function accelerator_clip_grad_norm(acc, model, max_norm, norm_type)
    type(accelerator), intent(in) :: acc
    type(accel_module), intent(in) :: model
    real(c_double), intent(in) :: max_norm, norm_type
    real(real64) :: accelerator_clip_grad_norm

    accelerator_clip_grad_norm = c_accelerator_clip_grad_norm(acc%address, model%address, max_norm, norm_type)
  end function

  subroutine accelerator_clip_grad_value(acc, model, clip_value, status)
    type(accelerator), intent(in) :: acc
    type(accel_module), intent(in) :: model
    real(c_double), intent(in) :: clip_value
    integer, intent(out), optional :: status

    call give_status(c_accelerator_clip_grad_value(acc%address, model%address, clip_value), status)
  end subroutine

  ! ---- version.h ----

  function accel_version()
    character(:), allocatable :: accel_version

    accel_version = fortran_text(c_accel_version())
  end function

  function accel_torch_version()
    character(:), allocatable :: accel_torch_version

    accel_torch_version = fortran_text(c_accel_torch_version())
  end function
end module
